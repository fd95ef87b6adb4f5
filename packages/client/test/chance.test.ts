import { describe, expect, it } from 'vitest'
import type { Tab } from './support/browser'
import { me, stage } from './support/setup'

/** A small generator of numbers in [0, 1) that gives the same ones for the same seed. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const abilities = [
  {},
  { locks: false },
  { channel: false },
  { locks: false, channel: false },
  { storage: false },
]

describe.each(abilities)('by chance, with %o', (can) => {
  it.each([1, 2, 3, 4])(
    'honest tabs are never taken for a thief (%d)',
    async (seed) => {
      const { world, server, browser } = stage(can)
      const next = chance(seed)
      const pick = (n: number) => Math.floor(next() * n)
      const tabs: Tab[] = await browser.tabs(3)
      const refresh = '/api/v1/auth/refresh'
      // What is lost must come again within the grace period: so not twice in a
      // row, and not together with the tab that would have repeated it.
      let trouble = Number.NEGATIVE_INFINITY
      const rarely = (happen: () => void) => () => {
        if (world.time - trouble < 60_000) return
        trouble = world.time
        happen()
      }
      const happenings = [
        () => me(tabs[pick(3)] as Tab),
        () => me(tabs[pick(3)] as Tab),
        () => Promise.all(tabs.map(me)),
        () => tabs[pick(3)]?.input(),
        () => tabs[pick(3)]?.show(next() < 0.5),
        () => tabs[pick(3)]?.client.check().catch(() => undefined),
        () => tabs[pick(3)]?.client.staySignedIn().catch(() => undefined),
        () => tabs[pick(3)]?.client.signIn({ email: 'x', password: 'wrong' }).catch(() => undefined),
        rarely(() => server.fail(refresh, 'lost')),
        rarely(() => server.fail(refresh, 'cut')),
        rarely(() => server.fail(refresh, { status: 502, type: 'text/html', body: '<p>' })),
        () => server.slow.set(refresh, 50 + pick(4000)),
        () => server.slow.clear(),
        () => world.sleep(pick(3000)),
        rarely(() => {
          const i = pick(3)
          tabs[i]?.close()
          const tab = browser.tab()
          tabs[i] = tab
          tab.client.start()
        }),
      ]
      for (let i = 0; i < 60; i++) {
        const what = pick(happenings.length + 2)
        if (what >= happenings.length) await world.advance(320_000)
        void happenings[what]?.()
        await world.advance(pick(3000))
        server.faults = world.time - trouble > 30_000 ? [] : server.faults
      }
      server.faults = []
      server.slow.clear()
      await world.advance(15_000)
      expect([...server.rows.values()].map((row) => row.revoked)).toEqual([null])
      expect(tabs.map((tab) => tab.status)).toEqual(Array(3).fill('signed-in'))
    },
    30_000,
  ) // much to compute on a machine that is shared
})
