import { describe, expect, it } from 'vitest'
import { createFormat, defaultLocale } from '../src/format'
import { formWords } from '../src/policy/words'
import { english, mergeTexts } from '../src/texts'

const now = Date.parse('2026-03-10T12:00:00Z')
const en = createFormat('en-US', () => now, 'just now')
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()

describe('format', () => {
  it.each([
    [0, 'just now'],
    [-59, 'just now'],
    [-60, '1 min ago'],
    [-12 * 60, '12 min ago'],
    [-3599, '59 min ago'],
    [-3600, '1 hr ago'],
    [-86400, '1 day ago'],
    [-3 * 86400, '3 days ago'],
    // A device whose clock is ahead of the server's never shows the future.
    [30, 'just now'],
  ])('says how long ago %i s are', (seconds, words) => {
    expect(en.ago(at(seconds))).toBe(words)
  })

  it.each([
    [0, '0 minutes'],
    [1, '1 minute'],
    [15, '15 minutes'],
    [720, '12 hours'],
    [1440, '24 hours'],
    [1530, '25 hours 30 minutes'],
    [2880, '2 days'],
    [10080, '7 days'],
    [10081, '7 days 1 minute'],
    [129600, '90 days'],
  ])('puts %i minutes in words', (minutes, words) => {
    expect(en.duration(minutes)).toBe(words)
  })

  it('keeps a clock time on one line, and speaks the locale', () => {
    expect(en.clock('2026-03-10T15:42:00')).toBe('3:42\u00a0PM')
    const de = createFormat('de', () => now, 'gerade eben')
    expect(de.clock(Date.parse('2026-03-10T15:42:00'))).toBe('15:42')
    expect(de.duration(10080)).toBe('7 Tage')
    expect(de.ago(at(-720))).toContain('vor 12')
  })

  it('shows the day only where it is another one', () => {
    expect(en.short('2026-03-10T15:42:00')).toBe('3:42\u00a0PM')
    expect(en.short('2026-03-12T15:42:00')).toMatch(/Mar 12/)
    expect(en.short('2027-03-12T15:42:00')).toMatch(/2027/)
  })

  it('counts with the word that fits, and joins names', () => {
    expect(en.count(1, 'person', 'people')).toBe('1 person')
    expect(en.count(1234, 'person', 'people')).toBe('1,234 people')
    expect(en.list(['Ada', 'Grace', 'Alan'])).toBe('Ada, Grace, and Alan')
  })

  it('takes an English locale by default', () => {
    expect(defaultLocale()).toMatch(/^en/)
  })
})

describe('texts', () => {
  it('replaces what is given and keeps the rest', () => {
    const own = mergeTexts({
      policy: { save: 'Speichern', presets: { strict: 'Streng' } },
      common: { you: undefined },
    })
    expect(own.policy.save).toBe('Speichern')
    expect(own.policy.presets).toEqual({ strict: 'Streng', standard: 'Standard' })
    expect(own.policy.title).toBe('Policy')
    expect(own.common.you).toBe('(you)')
    expect(english.policy.save).toBe('Save')
  })

  it('never blames, shouts or says "log off"', () => {
    const words: string[] = []
    const collect = (value: unknown) => {
      if (typeof value === 'string') words.push(value)
      else if (typeof value === 'object' && value) Object.values(value).forEach(collect)
    }
    collect([english, formWords])
    expect(words.length).toBeGreaterThan(100)
    for (const text of words)
      expect(text).not.toMatch(/!|log ?(off|out|in)\b|invalid|illegal|compliant|\byou failed/i)
  })

  it('counts people and sessions in every summary', () => {
    const { sessions, revoke } = english
    const { preview } = formWords
    expect(sessions.summary(1, 1)).toBe('1 person is signed in, in 1 session.')
    expect(sessions.summary(31, 47)).toBe('31 people are signed in, in 47 sessions.')
    expect(revoke.allBody(1, 2)).toBe('You will be signed out, in 2 sessions.')
    expect(revoke.allBody(31, 47)).toBe('31 people will be signed out, you included, in 47 sessions.')
    expect(revoke.othersBody(1, null)).toBe(
      '1 other person will be signed out. You stay signed in on all your devices.',
    )
    expect(revoke.soon(1)).toContain('within 1 minute.')
    expect(preview.summary(1, 0, 1)).toBe('1 session ends now, 0 sessions get shorter. 1 person is affected.')
    expect(preview.person(2, 1)).toBe('2 end, 1 shorter')
    expect(preview.person(0, 3)).toBe('3 shorter')
  })
})
