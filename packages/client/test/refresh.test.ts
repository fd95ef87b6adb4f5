import { beforeEach, describe, expect, it } from 'vitest'
import type { Browser } from './support/browser'
import { problem, type Server } from './support/server'
import { errorWithin, me, stage, within } from './support/setup'
import type { World } from './support/world'

const path = '/api/v1/auth/refresh'
let world: World
let server: Server
let browser: Browser

beforeEach(() => {
  ;({ world, server, browser } = stage())
})

const attempts = () => server.refreshes.map(({ body }) => body.attempt)

describe('a refresh', () => {
  it('names its attempt, its generation and its session', async () => {
    const [tab] = await browser.tabs(1)
    await within(world, 300, tab.client.refresh())
    expect(server.sent(0)).toEqual({
      attempt: expect.stringMatching(/^[A-Za-z0-9_-]{22,64}$/),
      generation: 1,
      session_id: 's1',
      inactive_seconds: 7_776_000,
    })
    expect(server.refreshes[0]).toMatchObject({ credentials: 'same-origin', redirect: 'manual' })
  })

  it('is not made while the token held is fresh', async () => {
    const [tab] = await browser.tabs(1)
    await within(world, 300, tab.client.refresh())
    await within(world, 300, tab.client.refresh())
    expect(server.refreshes).toHaveLength(1)
  })

  it('asks first which session it is when the tab does not know', async () => {
    const tab = browser.tab()
    expect(await within(world, 500, me(tab))).toBe('ok')
    expect(tab.requests).toEqual(['GET /api/v1/auth/session', `POST ${path}`, 'GET /api/v1/users/me'])
  })

  it('adopts what the server says the cookie is, and tries once more', async () => {
    ;({ world, server, browser } = stage({ channel: false, locks: false }))
    const [a, b] = await browser.tabs(2)
    await within(world, 300, a.client.refresh())
    await world.advance(60_000)
    await within(world, 300, b.client.refresh())
    expect(server.refreshes.map(({ body }) => body.generation)).toEqual([1, 1, 2])
    expect(b.generation).toBe(3)
    server.faults.push((asked) =>
      asked.path === path ? problem(409, 'generation-moved', { generation: 9, session_id: 's1' }) : undefined,
    )
    await world.advance(400_000)
    expect(await errorWithin(world, 500, b.client.refresh())).toMatchObject({
      type: 'generation-moved',
      status: 409,
    })
    expect(server.refreshes).toHaveLength(5) // twice, and no more
    expect(b.status).toBe('signed-in')
  })

  it('follows the server about the cookie', async () => {
    ;({ world, server, browser } = stage({ locks: false, channel: false }))
    const [a, b] = await browser.tabs(2)
    await within(world, 300, a.client.refresh()) // the cookie is of generation 2 now
    await world.advance(60_000)
    server.fail(path, problem(409, 'generation-moved', { generation: 2, session_id: 's1' }))
    expect(await within(world, 300, me(b))).toBe('ok')
    expect(server.refreshes.slice(1).map(({ body }) => body.generation)).toEqual([1, 2])
    expect(b.generation).toBe(3)
  })

  it('uses a new attempt for each generation, and keeps none that is spent', async () => {
    const [tab] = await browser.tabs(1)
    for (let i = 0; i < 3; i++) {
      await within(world, 300, tab.client.refresh())
      await world.advance(400_000)
    }
    expect(new Set(attempts()).size).toBe(3)
    expect(await stored()).toEqual([])
  })

  async function stored(): Promise<string[]> {
    const keys = new Promise<string[]>((resolve) => {
      const open = browser.indexedDB.open('curfew:https://app.example.com')
      open.onsuccess = () => {
        const all = open.result.transaction('attempts').objectStore('attempts').getAllKeys()
        all.onsuccess = () => resolve(all.result.map(String))
      }
    })
    await world.settle()
    return keys
  }

  it('is stored before it is sent, and shared by the tabs of a browser', async () => {
    ;({ world, server, browser } = stage({ locks: false, channel: false }))
    const tabs = await browser.tabs(3)
    server.faults.push((asked) => (asked.path === path ? 'cut' : undefined))
    await within(world, 300, Promise.all(tabs.map(me)))
    expect(await stored()).toEqual(['s1,1'])
    expect(attempts()).toHaveLength(3)
    expect(new Set(attempts()).size).toBe(1)
  })
})

describe('a refresh whose answer is lost', () => {
  it('is repeated with the same attempt, in time, without being asked', async () => {
    const [tab] = await browser.tabs(1)
    server.fail(path, 'lost')
    const call = me(tab)
    await world.advance(10_100)
    expect(await call).toMatchObject({ kind: 'timeout', status: 0 })
    expect(tab.status).toBe('signed-in')
    await world.advance(5000)
    expect(attempts()).toHaveLength(2)
    expect(attempts()[1]).toBe(attempts()[0])
    expect(tab.generation).toBe(2)
    expect(server.row('s1').revoked).toBeNull()
  })

  it('is repeated in time even though a passive look has shown that it was done', async () => {
    const [a, b] = await browser.tabs(2)
    server.fail(path, 'lost')
    void me(a)
    await world.advance(9000)
    await within(world, 200, b.client.check()) // tells a, too
    expect([a.generation, b.generation]).toEqual([2, 2])
    await world.advance(5000)
    expect(attempts().at(-1)).toBe(attempts()[0])
    expect(browser.cookie).toBe('s1.2')
    await world.advance(400_000)
    expect(await within(world, 500, me(a))).toBe('ok')
    expect(server.row('s1').revoked).toBeNull()
  })

  it('survives the tab: another one repeats it with the attempt that is stored', async () => {
    ;({ world, server, browser } = stage({ channel: false }))
    const [a, b] = await browser.tabs(2)
    server.fail(path, 'lost')
    void me(a)
    await world.advance(1000)
    a.close()
    expect(await within(world, 1000, me(b))).toBe('ok')
    expect(attempts()[1]).toBe(attempts()[0])
    expect(server.row('s1').revoked).toBeNull()
  })

  it('survives a reload', async () => {
    const [a] = await browser.tabs(1)
    server.fail(path, 'lost')
    void me(a)
    await world.advance(1000)
    a.close()
    const again = browser.tab()
    again.client.start()
    // The server knows of generation 2, the cookie is of generation 1.
    expect(await within(world, 1000, me(again))).toBe('ok')
    expect(server.row('s1').revoked).toBeNull()
    expect(again.generation).toBe(2)
  })

  it.each([
    ['503', problem(503, 'unavailable')],
    ['a proxy’s page', { status: 502, type: 'text/html', body: '<p>' }],
    ['a broken connection', 'cut' as const],
    ['nonsense', { status: 200, body: { access_token: 'x' } }],
    ['429', { ...problem(429, 'rate-limited'), headers: { 'retry-after': '1' } }],
  ])('or refused by %s keeps its attempt', async (_, fault) => {
    const [tab] = await browser.tabs(1)
    server.fail(path, fault)
    expect(await within(world, 300, me(tab))).toMatchObject({ name: 'CurfewError' })
    await world.advance(3000)
    expect(await within(world, 3000, me(tab))).toBe('ok')
    expect(attempts()).toHaveLength(2)
    expect(new Set(attempts()).size).toBe(1)
  })
})

describe('after a failure', () => {
  it('nothing is hammered', async () => {
    const [tab] = await browser.tabs(1)
    server.faults.push((asked) => (asked.path === path ? 'cut' : undefined))
    for (let i = 0; i < 600; i++) {
      void me(tab)
      await world.advance(100)
    }
    expect(server.refreshes.length).toBeGreaterThan(3)
    expect(server.refreshes.length).toBeLessThan(12)
  })

  it('Retry-After is honoured, also when a person asks', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(60_000)
    server.fail(path, { ...problem(429, 'rate-limited'), headers: { 'retry-after': '20' } })
    expect(await within(world, 100, me(tab))).toMatchObject({ type: 'rate-limited', retryAfterSeconds: 20 })
    expect(await errorWithin(world, 15_000, tab.client.staySignedIn())).toMatchObject({
      type: 'rate-limited',
    })
    expect(server.refreshes).toHaveLength(1)
    await world.advance(5000)
    await within(world, 300, tab.client.staySignedIn())
    expect(server.refreshes).toHaveLength(2)
  })
})

describe('Retry-After', () => {
  it('outlives a failure that says nothing of it, and coming back to the page', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(60_000)
    server.fail(path, { ...problem(429, 'rate-limited'), headers: { 'retry-after': '20' } })
    await within(world, 100, me(tab))
    server.fail('/api/v1/auth/session', 'cut')
    await errorWithin(world, 100, tab.client.check())
    tab.window.fire('online')
    expect(await errorWithin(world, 10_000, tab.client.staySignedIn())).toMatchObject({ name: 'CurfewError' })
    expect(server.refreshes).toHaveLength(1)
    await world.advance(10_000)
    await within(world, 300, tab.client.staySignedIn())
    expect(server.refreshes).toHaveLength(2)
  })
})

describe('where storage is blocked', () => {
  it.each([
    ['it is absent', undefined],
    [
      'opening it throws',
      {
        open() {
          throw new DOMException('blocked', 'SecurityError')
        },
      },
    ],
    ['it never answers', { open: () => ({}) }],
  ])('neither attempt nor generation is sent: %s', async (_, indexedDB) => {
    const tab = browser.tab({ environment: { indexedDB: indexedDB as unknown as IDBFactory } })
    tab.client.start()
    void me(tab)
    await world.advance(20_000) // storage that hangs is given three chances
    expect(await within(world, 500, me(tab))).toBe('ok')
    expect(server.sent(0)).toEqual({ inactive_seconds: 7_776_000 })
    await world.advance(400_000)
    server.fail(path, 'lost')
    void me(tab)
    await world.advance(15_000)
    expect(server.row('s1').revoked).toBeNull()
    expect(tab.status).toBe('signed-in')
    expect(server.refreshes.every(({ body }) => !('attempt' in body))).toBe(true)
  })

  it('local storage that throws harms nothing', async () => {
    const broken = new Proxy({} as Storage, {
      get() {
        throw new DOMException('blocked', 'SecurityError')
      },
    })
    const tab = browser.tab({ environment: { localStorage: broken } })
    tab.client.start()
    await world.advance(200)
    expect(tab.status).toBe('signed-in')
    browser.cookie = null
    await within(world, 200, tab.client.check())
    expect(tab.reason).toBe('idle')
  })
})

describe('a session that is over', () => {
  it.each([
    ['session-expired', 'idle', 'idle'],
    ['session-expired', 'absolute', 'absolute'],
    ['session-revoked', 'owner_user', 'owner_user'],
    ['refresh-token-reused', undefined, 'reuse_detected'],
    ['no-session', undefined, 'idle'],
    ['invalid-token', undefined, 'idle'],
  ])('by %s %s signs out with %s', async (type, reason, expected) => {
    const [a, b] = await browser.tabs(2)
    server.fail(path, problem(401, type, reason ? { reason } : {}))
    expect(await within(world, 300, me(a))).toMatchObject({ status: 401, type })
    await world.advance(10)
    expect([a.reason, b.reason]).toEqual([expected, expected])
  })

  it('only Curfew’s own word counts', async () => {
    const [tab] = await browser.tabs(1)
    server.fail(path, { status: 401, type: 'text/html', body: 'proxy' })
    expect(await within(world, 300, me(tab))).toMatchObject({ kind: 'nonsense', status: 401 })
    expect(tab.status).toBe('signed-in')
  })
})

describe('staying signed in', () => {
  it('says that the person is here, now', async () => {
    const [a, b] = await browser.tabs(2)
    await world.advance(56 * 60_000)
    expect(a.expiry?.warning).toBe('soon')
    await within(world, 300, b.client.staySignedIn())
    expect(server.sent(-1).inactive_seconds).toBe(0)
    expect([a.expiry?.warning, b.expiry?.warning]).toEqual(['none', 'none'])
  })

  it('is not content with an open refresh that said less', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(56 * 60_000)
    server.slow.set(path, 1000)
    void me(tab)
    await world.advance(700)
    await within(world, 3000, tab.client.staySignedIn())
    expect(server.refreshes.map(({ body }) => body.inactive_seconds)).toEqual([7_776_000, 0])
    expect(tab.expiry?.warning).toBe('none')
  })

  it('that fails says so in the warning, until it succeeds', async () => {
    const [tab] = await browser.tabs(1)
    await world.advance(56 * 60_000)
    server.fail(path, 'cut')
    expect(await errorWithin(world, 300, tab.client.staySignedIn())).toMatchObject({ kind: 'offline' })
    expect(tab.expiry).toMatchObject({ warning: 'soon', failed: { kind: 'offline' } })
    await within(world, 300, tab.client.staySignedIn()) // a person is not made to wait
    expect(tab.expiry).toMatchObject({ warning: 'none', failed: null })
  })

  it('cannot reach past the absolute limit', async () => {
    server.row('s1').absoluteMinutes = 61
    const [tab] = await browser.tabs(1)
    await world.advance(57 * 60_000)
    expect(tab.expiry).toMatchObject({ warning: 'soon', reason: 'idle' })
    await within(world, 300, tab.client.staySignedIn())
    expect(tab.expiry).toMatchObject({ warning: 'soon', reason: 'absolute' })
  })
})
