import { beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Tab } from './support/browser'
import type { Server } from './support/server'
import { me, stage, within } from './support/setup'
import type { World } from './support/world'

const minute = 60_000
let world: World
let server: Server
let browser: Browser

beforeEach(() => {
  ;({ world, server, browser } = stage())
})

const reports = () => server.refreshes.map(({ body }) => body.inactive_seconds)
const lastActive = () => server.row('s1').lastActive

/** Moves the pointer every second. */
async function move(tab: Tab, ms: number): Promise<void> {
  for (let i = 0; i < ms; i += 1000) {
    tab.input()
    await world.advance(1000)
  }
}

describe('activity', () => {
  it.each(['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'touchmove'])(
    'is %s',
    async (name) => {
      const [tab] = await browser.tabs(1)
      await world.advance(10 * minute)
      tab.input(name)
      await world.advance(200)
      expect(reports()).toEqual([0])
    },
  )

  it.each(['pointermove', 'keydown'])('is never a script’s %s', async (name) => {
    const [tab] = await browser.tabs(1)
    await world.advance(10 * minute)
    tab.input(name, { isTrusted: false })
    await world.advance(10 * minute)
    expect(reports()).toEqual([])
  })

  it.each(['focus', 'mousemove', 'scroll', 'click', 'visibilitychange'])('is never %s', async (name) => {
    const [tab] = await browser.tabs(1)
    await world.advance(10 * minute)
    tab.input(name)
    await world.advance(minute)
    expect(reports()).toEqual([])
  })

  it('is reported at least every minute while somebody is active', async () => {
    const [tab] = await browser.tabs(1)
    let behind = 0
    for (let i = 0; i < 600; i++) {
      tab.input()
      await world.advance(1000)
      behind = Math.max(behind, world.time - lastActive())
    }
    expect(behind).toBeLessThanOrEqual(62_000)
    expect(reports().length).toBeLessThan(13)
  })

  it('is reported at least every quarter of a short idle limit', async () => {
    server.row('s1').idleMinutes = 2
    const [tab] = await browser.tabs(1)
    let behind = 0
    for (let i = 0; i < 300; i++) {
      tab.input()
      await world.advance(1000)
      behind = Math.max(behind, world.time - lastActive())
    }
    expect(behind).toBeLessThanOrEqual(32_000)
    expect(tab.status).toBe('signed-in')
  })

  it('is not lost when it stops before the report', async () => {
    const [tab] = await browser.tabs(1)
    await move(tab, 90_000)
    const stopped = world.time - 1000
    await world.advance(5 * minute)
    expect(Math.abs(lastActive() - stopped)).toBeLessThan(1100)
    const count = reports().length
    await world.advance(20 * minute)
    expect(reports().length).toBe(count) // nobody is there
  })

  it('of one tab counts in the others, and is reported once', async () => {
    const [a, b, c] = await browser.tabs(3)
    await world.advance(10 * minute)
    await move(a, 20_000)
    await world.advance(10 * minute)
    const count = reports().length
    expect(count).toBeLessThanOrEqual(2)
    expect([a, b, c].map((tab) => tab.state)).toMatchObject(
      Array(3).fill({ session: { last_active_at: new Date(lastActive()).toISOString() } }),
    )
    await within(world, 500, me(b))
    expect(Number(reports().at(-1))).toBeGreaterThan(595)
    expect(Number(reports().at(-1))).toBeLessThan(607)
  })

  it('heard late by a frozen tab is as old as it is', async () => {
    const [a, b] = await browser.tabs(2)
    await world.advance(minute)
    for (const line of browser.lines)
      if (line.tab === b) line.hear({ t: 'input', at: world.now() - 10 * minute })
    a.close()
    await within(world, 500, me(b))
    expect(reports()).toEqual([600])
  })

  it.each([
    [
      'a clock set back',
      () => {
        world.skew = -120 * minute
      },
      20 * minute,
    ],
    ['sleep', () => world.sleep(20 * minute), 0],
  ])('is not made younger by %s', async (_, happen, wait) => {
    const [tab] = await browser.tabs(1)
    await world.advance(2 * minute)
    tab.input()
    await world.advance(1000)
    happen()
    await world.advance(wait)
    await within(world, 1000, me(tab))
    expect(Number(reports().at(-1))).toBeGreaterThanOrEqual(20 * 60)
  })

  it('is not watched where the page says so', async () => {
    const tab = browser.tab({ trackInput: false })
    tab.client.start()
    await world.advance(10 * minute)
    tab.input()
    await world.advance(10 * minute)
    expect(reports()).toEqual([])
  })

  it('in the warning is reported five seconds after the first touch', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(56 * minute)
    expect(tab.expiry?.warning).toBe('soon')
    await move(tab, 4000)
    await world.advance(900)
    expect(reports()).toEqual([])
    expect(tab.expiry?.warning).toBe('soon')
    await world.advance(300)
    expect(reports()).toEqual([2])
    expect(tab.expiry?.warning).toBe('none')
  })

  it('at the very end is still reported in time', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(server.row('s1').startedAt + 60 * minute - 3000 - world.time)
    tab.input()
    await world.advance(10_000)
    expect(tab.expiry?.warning).toBe('none')
    expect(tab.status).toBe('signed-in')
  })

  it('is reported again after a failure, with how long ago it was', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(10 * minute)
    server.fail('/api/v1/auth/refresh', 'cut')
    tab.input()
    const touched = world.time
    await world.advance(10_000)
    expect(reports()).toHaveLength(2)
    expect(Math.abs(lastActive() - touched)).toBeLessThan(1100)
  })
})

describe('opening the page', () => {
  it.each([
    ['a link', { navigation: 'navigate' }, 1],
    ['a reload, which may be a timer’s', { navigation: 'reload' }, 7_776_000],
    ['the history', { navigation: 'back_forward' }, 7_776_000],
    ['prerendering', { navigation: 'prerender' }, 7_776_000],
    ['a link, in the background', { navigation: 'navigate', hidden: true }, 7_776_000],
  ])('by %s', async (_, options, seconds) => {
    await world.advance(10 * minute)
    const tab = browser.tab(options)
    tab.client.start()
    await world.advance(1500)
    await within(world, 500, me(tab))
    expect(reports()).toEqual([seconds])
  })

  it('counts once: mounting anew later is nobody’s touch', async () => {
    const tab = browser.tab({ navigation: 'navigate' })
    tab.client.start()
    await world.advance(20 * minute)
    tab.client.stop()
    tab.client.start()
    await world.advance(100)
    await within(world, 500, me(tab))
    expect(reports()).toEqual([1200])
  })
})
