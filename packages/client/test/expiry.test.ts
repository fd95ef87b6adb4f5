import { describe, expect, it } from 'vitest'
import { expiryOf } from '../src/index'

const at = Date.parse('2026-03-29T00:00:00.000Z')
const minute = 60_000
const iso = (ms: number) => new Date(ms).toISOString()

/** A session that ends so many milliseconds after `at`. */
const session = (idle: number, absolute: number, idleMinutes = 60, absoluteMinutes = 720) => ({
  idle_expires_at: iso(at + idle),
  absolute_expires_at: iso(at + absolute),
  idle_minutes: idleMinutes,
  absolute_minutes: absoluteMinutes,
})

describe('expiryOf', () => {
  it.each([
    ['five minutes for an hour', 60, 300_000],
    ['five minutes for 15 minutes: a third', 15, 300_000],
    ['a third for 14 minutes', 14, 280_000],
    ['a third for one minute', 1, 20_000],
    ['five minutes for a month', 43_200, 300_000],
  ])('warns %s, to the millisecond', (_, minutes, lead) => {
    const idle = session(minutes * minute, 90 * 24 * 60 * minute, minutes)
    const deadline = at + minutes * minute
    const rest = { reason: 'idle', deadline }
    expect(expiryOf(idle, deadline - lead - 1)).toEqual({
      ...rest,
      warning: 'none',
      nextEdge: deadline - lead,
    })
    expect(expiryOf(idle, deadline - lead)).toEqual({ ...rest, warning: 'soon', nextEdge: deadline })
    expect(expiryOf(idle, deadline - 1)).toEqual({ ...rest, warning: 'soon', nextEdge: deadline })
    expect(expiryOf(idle, deadline)).toEqual({ ...rest, warning: 'now', nextEdge: null })
    expect(expiryOf(idle, deadline + 1)).toEqual({ ...rest, warning: 'now', nextEdge: null })
  })

  it('takes the lead from the limit whose deadline is nearer', () => {
    const both = session(20 * minute, 10 * minute, 6, 9)
    expect(expiryOf(both, at)).toMatchObject({ reason: 'absolute', nextEdge: at + 10 * minute - 180_000 })
  })

  it('calls a tie absolute, and the nearer by a millisecond by its name', () => {
    expect(expiryOf(session(minute, minute), at).reason).toBe('absolute')
    expect(expiryOf(session(minute - 1, minute), at).reason).toBe('idle')
    expect(expiryOf(session(minute, minute - 1), at).reason).toBe('absolute')
  })

  it('reads microseconds as the millisecond they are in', () => {
    const micro = { ...session(0, minute), idle_expires_at: '2026-03-29T00:00:01.000999Z' }
    expect(expiryOf(micro, at).deadline).toBe(at + 1000)
  })

  it.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'])(
    'does not care for summer time in %s',
    (zone) => {
      const before = process.env.TZ
      process.env.TZ = zone
      try {
        // 2026-03-29 01:00 UTC: Central Europe loses an hour.
        const across = session(90 * minute, 24 * 60 * minute)
        expect(expiryOf(across, at + 85 * minute - 1).warning).toBe('none')
        expect(expiryOf(across, at + 85 * minute).warning).toBe('soon')
        expect(expiryOf(across, at + 90 * minute).warning).toBe('now')
      } finally {
        if (before === undefined) delete process.env.TZ
        else process.env.TZ = before
      }
    },
  )
})
