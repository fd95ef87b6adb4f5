import { beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Tab } from './support/browser'
import type { Server } from './support/server'
import { me, stage, within } from './support/setup'
import type { World } from './support/world'

const minute = 60_000
const hour = 60 * minute

let world: World
let server: Server
let browser: Browser

beforeEach(() => {
  ;({ world, server, browser } = stage())
})

const passive = () => server.count('/api/v1/auth/session')
const signedInAt = () => server.row('s1').startedAt
const until = (time: number) => world.advance(time - world.time)

/** Each change of the warning with the server's time of it. */
function watch(tab: Tab): [string, number][] {
  const seen: [string, number][] = []
  let last = ''
  tab.client.expiry.subscribe(() => {
    const warning = tab.expiry?.warning ?? 'null'
    if (warning !== last) seen.push([warning, world.time - signedInAt()])
    last = warning
  })
  return seen
}

describe('the warning', () => {
  it('changes at the exact edges', async () => {
    const tab = browser.tab()
    const seen = watch(tab)
    tab.client.start()
    await until(signedInAt() + hour + 200)
    expect(seen).toEqual([
      ['none', 40],
      ['soon', 55 * minute],
      ['now', hour],
      ['null', hour + 40],
    ])
    expect(tab.reason).toBe('idle')
  })

  it.each([hour, -hour, 27 * hour])('is right with a device clock that is %d ms off', async (skew) => {
    world.skew = skew
    const tab = browser.tab()
    const seen = watch(tab)
    tab.client.start()
    await until(signedInAt() + 55 * minute)
    expect(seen.at(-1)).toEqual(['soon', 55 * minute])
    expect(tab.client.serverNow()).toBe(world.time)
    expect(tab.expiry).toMatchObject({
      deadline: signedInAt() + hour,
      localDeadline: signedInAt() + hour + skew,
      reason: 'idle',
      dismissed: false,
      failed: null,
    })
  })

  it('is right again when the device clock is set while the page is open', async () => {
    const [tab] = await browser.tabs(1)
    world.skew = -hour
    const before = passive()
    await world.advance(31_000)
    expect(passive()).toBe(before + 1)
    expect(tab.client.serverNow()).toBe(world.time)
    expect(tab.expiry).toMatchObject({ warning: 'none', localDeadline: signedInAt() + 0 })
    world.skew = 3 * hour // far past every deadline, by the raw clock
    await world.advance(31_000)
    expect(tab.status).toBe('signed-in')
    expect(tab.expiry?.warning).toBe('none')
  })

  it('keeps to the absolute deadline, which nothing extends', async () => {
    server.row('s1').absoluteMinutes = 60
    const tab = browser.tab()
    const seen = watch(tab)
    tab.client.start()
    await until(signedInAt() + hour + 200)
    expect(seen.map(([warning]) => warning)).toEqual(['none', 'soon', 'now', 'null'])
    expect(tab.reason).toBe('absolute')
  })

  it('is the same object until it changes', async () => {
    const [tab] = await browser.tabs(1)
    const first = tab.expiry
    const state = tab.state
    await world.advance(10 * minute)
    await within(world, 200, tab.client.check())
    expect(tab.expiry).toBe(first)
    expect(tab.state).toBe(state)
  })

  it('is dismissed for its deadline in every tab, and through a reload', async () => {
    const [a, b] = await browser.tabs(2)
    await until(signedInAt() + 56 * minute)
    a.client.dismissWarning()
    await world.advance(10)
    expect([a.expiry?.dismissed, b.expiry?.dismissed]).toEqual([true, true])
    const again = browser.tab()
    again.client.start()
    await world.advance(200)
    expect(again.expiry).toMatchObject({ warning: 'soon', dismissed: true })
    await within(world, 500, a.client.staySignedIn())
    expect([a.expiry?.dismissed, b.expiry?.dismissed]).toEqual([false, false])
    await until(world.time + 56 * minute)
    expect(b.expiry).toMatchObject({ warning: 'soon', dismissed: false })
  })
})

describe('the deadline', () => {
  it('signs nobody out by itself: the server is asked until it answers', async () => {
    const [tab] = await browser.tabs(1)
    await until(signedInAt() + hour - 100)
    server.faults.push(() => 'cut')
    const before = passive()
    await world.advance(3 * minute)
    expect(tab.status).toBe('signed-in')
    expect(tab.expiry?.warning).toBe('now')
    const asked = passive() - before
    expect(asked).toBeGreaterThan(5)
    expect(asked).toBeLessThan(20)
    server.faults = []
    await world.advance(40_000)
    expect(tab.reason).toBe('idle')
  })

  it('that was moved at the server is simply moved here', async () => {
    const [tab] = await browser.tabs(1)
    await until(signedInAt() + 59 * minute)
    server.row('s1').lastActive = world.time // another device of the same session
    await until(signedInAt() + hour + 500)
    expect(tab.expiry).toMatchObject({ warning: 'none', deadline: signedInAt() + 119 * minute })
  })

  it('never makes a refresh for an absent person', async () => {
    const [tab] = await browser.tabs(1)
    await within(world, 500, me(tab))
    const before = server.refreshes.length
    await until(signedInAt() + hour + minute)
    expect(server.refreshes.length).toBe(before)
    expect(tab.reason).toBe('idle')
  })

  it('is not moved by the refreshes of a page that polls', async () => {
    const [tab] = await browser.tabs(1)
    for (let i = 0; i < 130 && tab.status === 'signed-in'; i++) {
      void me(tab)
      await world.advance(30_000)
    }
    expect(server.refreshes.length).toBeGreaterThan(5)
    expect(server.row('s1').lastActive).toBe(signedInAt())
    expect(tab.reason).toBe('idle')
  })
})

describe('waking up', () => {
  it.each(['sleep', 'sleepCounted'] as const)('is not misled by an answer of before (%s)', async (sleep) => {
    const [tab] = await browser.tabs(1)
    await world.advance(minute)
    server.slow.set('/api/v1/auth/session', 1000)
    const asked = tab.client.check().catch(() => undefined)
    await world.advance(700) // answered, and on its way back
    world[sleep](57 * minute)
    tab.show()
    await world.advance(1500)
    await asked
    expect(tab.expiry).toMatchObject({ warning: 'soon', deadline: signedInAt() + hour })
    expect(Math.abs(tab.client.serverNow() - world.time)).toBeLessThan(1000)
  })

  it.each(['sleep', 'sleepCounted'] as const)('asks passively first, then judges (%s)', async (sleep) => {
    const [tab] = await browser.tabs(1)
    await world.advance(minute)
    const seen = watch(tab)
    const before = passive()
    server.row('s1').lastActive = signedInAt() + 50 * minute // active in the meantime, elsewhere
    world[sleep](57 * minute)
    tab.show()
    await world.advance(100)
    expect(passive()).toBe(before + 1)
    expect(server.refreshes).toHaveLength(0)
    // By what it knew it would have warned.
    expect(seen.filter(([warning]) => warning !== 'none')).toEqual([])
    expect(tab.expiry?.warning).toBe('none')
  })

  it('past the deadline gives the server’s reason', async () => {
    const [a, b] = await browser.tabs(2)
    world.sleep(3 * hour)
    a.show()
    await world.advance(200)
    expect([a.reason, b.reason]).toEqual(['idle', 'idle'])
  })

  it('without a network judges by what it knows', async () => {
    const [tab] = await browser.tabs(1)
    server.faults.push(() => 'cut')
    world.sleep(57 * minute)
    tab.window.fire('pageshow', { persisted: false })
    await world.advance(200)
    expect(tab.status).toBe('signed-in')
    expect(tab.expiry?.warning).toBe('soon')
  })

  it('of a hidden tab that is only slowed down asks nothing', async () => {
    const [tab] = await browser.tabs(1)
    tab.show(false)
    const before = passive()
    for (let i = 0; i < 10; i++) {
      world.sleepCounted(30_500)
      await world.advance(31_000)
    }
    expect(passive()).toBe(before)
    tab.show()
    await world.advance(100)
    expect(passive()).toBe(before + 1)
    expect(tab.status).toBe('signed-in')
  })

  it.each(['focus', 'online', 'pageshow'])('recomputes at once on %s', async (event) => {
    const [tab] = await browser.tabs(1)
    await world.advance(minute)
    const before = passive()
    tab.window.fire(event)
    await world.advance(100)
    expect(passive()).toBe(before + 1)
    tab.window.fire(event)
    await world.advance(100)
    expect(passive()).toBe(before + 1) // the server's word is fresh
  })
})

describe('restoring', () => {
  it('says what is known: nobody', async () => {
    ;({ world, server, browser } = stage({}, false))
    const tab = browser.tab()
    expect(tab.state).toEqual({ status: 'loading', error: null })
    tab.client.start()
    await world.advance(100)
    expect(tab.state).toEqual({ status: 'signed-out', reason: null })
    expect(tab.expiry).toBeNull()
  })

  it('says that the session ran out when its cookie is gone and this browser remembers it', async () => {
    await browser.tabs(1)
    browser.cookie = null
    const tab = browser.tab()
    tab.client.start()
    await world.advance(100)
    expect(tab.reason).toBe('idle')
    const again = browser.tab()
    again.client.start()
    await world.advance(100)
    expect(again.reason).toBeNull() // told once
  })

  it('gives the server’s reason', async () => {
    server.revoke('s1', 'owner_all')
    const [tab] = await browser.tabs(1)
    expect(tab.reason).toBe('owner_all')
    tab.show()
    await world.advance(20_000)
    tab.show()
    await world.advance(200)
    expect(tab.reason).toBe('owner_all') // kept, whatever is asked later
  })

  it('waits for a server that cannot be reached, and tries again when the network is back', async () => {
    server.faults.push(() => 'cut')
    const tab = browser.tab()
    tab.client.start()
    await world.advance(2 * minute)
    expect(tab.state).toMatchObject({ status: 'loading', error: { kind: 'offline', status: 0 } })
    expect(passive()).toBeLessThan(12)
    server.faults = []
    tab.window.fire('online')
    await world.advance(100)
    expect(tab.status).toBe('signed-in')
  })

  it.each([
    ['a proxy’s page', { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' }, 'nonsense'],
    ['a captive portal', { status: 200, type: 'text/html', body: '<h1>Welcome</h1>' }, 'nonsense'],
    ['a proxy’s 401', { status: 401, type: 'text/html', body: 'Who are you' }, 'nonsense'],
    [
      'somebody else’s problem',
      { status: 401, body: { type: 'about:blank', title: 'x', status: 401, detail: '' } },
      'nonsense',
    ],
    ['another version’s answer', { status: 200, body: { session: { id: 7 } } }, 'nonsense'],
    ['an empty body', { status: 200 }, 'nonsense'],
  ])('is not confused by %s', async (_, answer, kind) => {
    server.faults.push(() => answer)
    const tab = browser.tab()
    tab.client.start()
    await world.advance(100)
    expect(tab.state).toMatchObject({ status: 'loading', error: { kind } })
    server.faults = []
    await world.advance(40_000)
    expect(tab.status).toBe('signed-in')
  })

  it('does nothing before it is started', async () => {
    const tab = browser.tab()
    await world.advance(minute)
    expect(tab.requests).toEqual([])
    expect(tab.window.count + tab.document.count).toBe(0)
    expect(world.pending).toBe(0)
  })

  it('can be stopped and started again, and leaves nothing behind', async () => {
    const tab = browser.tab()
    tab.client.start()
    tab.client.start()
    tab.client.stop()
    tab.client.start()
    await world.advance(200)
    expect(passive()).toBe(1)
    expect(tab.status).toBe('signed-in')
    tab.client.stop()
    tab.client.stop()
    expect(tab.window.count + tab.document.count).toBe(0)
    expect(browser.lines.size).toBe(0)
    expect(world.pending).toBe(0)
    await world.advance(10 * minute)
    expect(passive()).toBe(1)
    tab.client.start()
    await world.advance(200)
    expect(tab.status).toBe('signed-in')
  })
})

describe('the back/forward cache', () => {
  it('closes the line on the way in; on the way out asks, and tells', async () => {
    const [a, b] = await browser.tabs(2)
    a.window.fire('pagehide', { persisted: true })
    expect(browser.lines.size).toBe(1)
    world.sleepCounted(5 * minute)
    server.revoke('s1', 'user_session')
    a.window.fire('pageshow', { persisted: true })
    await world.advance(200)
    expect(browser.lines.size).toBe(2)
    expect([a.reason, b.reason]).toEqual(['user_session', 'user_session'])
  })

  it('leaves a refresh to end by itself, so that its successor is not lost', async () => {
    const [a] = await browser.tabs(1)
    server.slow.set('/api/v1/auth/refresh', 2000)
    void me(a)
    await world.advance(1500)
    a.window.fire('pagehide', { persisted: true })
    await world.advance(1000)
    expect(browser.cookie).toBe('s1.2')
    expect(server.refreshes[0]?.keepalive).toBe(true)
  })

  it('gives up passive questions', async () => {
    const [a] = await browser.tabs(1)
    server.fail('/api/v1/auth/session', 'hang')
    const asking = a.client.check()
    asking.catch(() => undefined)
    await world.advance(100)
    a.window.fire('pagehide', { persisted: true })
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
    expect(a.status).toBe('signed-in')
  })
})
