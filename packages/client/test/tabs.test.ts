import { beforeEach, describe, expect, it } from 'vitest'
import type { Browser } from './support/browser'
import type { Server } from './support/server'
import { me, stage, within } from './support/setup'
import type { World } from './support/world'

let world: World
let server: Server
let browser: Browser

beforeEach(() => {
  ;({ world, server, browser } = stage())
})

const events = (tab: ReturnType<Browser['tab']>) => {
  const seen: string[] = []
  tab.client.on('signed-in', ({ userId }) => seen.push(`in ${userId}`))
  tab.client.on('signed-out', ({ reason }) => seen.push(`out ${reason}`))
  tab.client.on('policy-changed', ({ etag }) => seen.push(`policy ${etag}`))
  return seen
}

/** A product's back end has signed somebody in: the browser has a new session's cookie. */
async function byBackEnd(): Promise<void> {
  await world.wait(40)
  browser.cookie = server.signIn()
}

describe('refreshing', () => {
  it('costs one request for five tabs with two expired calls each', async () => {
    const tabs = await browser.tabs(5)
    await within(world, 1000, Promise.all(tabs.map(me)))
    await world.advance(400_000)
    server.log.length = 0
    const answers = await within(world, 2000, Promise.all(tabs.flatMap((tab) => [me(tab), me(tab)])))
    expect(answers).toEqual(Array(10).fill('ok'))
    expect(server.refreshes).toHaveLength(1)
    expect(tabs.map((tab) => tab.generation)).toEqual([3, 3, 3, 3, 3])
  })

  it('costs one rotation for ten tabs restored at once', async () => {
    const tabs = await browser.tabs(10)
    await within(world, 2000, Promise.all(tabs.map(me)))
    expect(server.row('s1').generation).toBe(2)
  })

  it.each([
    { locks: false },
    { locks: false, channel: false },
    { locks: false, channel: false, storage: false },
    { locks: true, channel: false, storage: false },
    { channel: false },
  ])('never signs anybody out with %o', async (can) => {
    ;({ world, server, browser } = stage(can))
    server.grace = 30_000
    const tabs = await browser.tabs(5)
    for (let round = 0; round < 6; round++) {
      for (const [i, tab] of tabs.entries()) {
        // Some at once, some in the middle of another's request.
        void me(tab)
        await world.advance((round * 7 + i * 11) % 40)
      }
      await world.advance(round % 2 ? 5000 : 310_000)
      expect(tabs.map((tab) => tab.status)).toEqual(Array(5).fill('signed-in'))
    }
    expect(server.row('s1').revoked).toBeNull()
    expect(server.row('s1').generation).toBeGreaterThan(2)
  })

  it('goes on when the tab that holds the lock is closed', async () => {
    const [a, b] = await browser.tabs(2)
    server.fail('/api/v1/auth/refresh', 'hang')
    void me(a)
    await world.advance(100)
    const call = me(b)
    await world.advance(100)
    a.close()
    expect(await within(world, 500, call)).toBe('ok')
  })

  it('goes on after twelve seconds when a holder never lets go', async () => {
    const [tab] = await browser.tabs(1)
    void browser.locks.request(tab, 'curfew:https://app.example.com', {}, () => new Promise(() => {}))
    const call = me(tab)
    await world.advance(11_900)
    expect(server.refreshes).toHaveLength(0)
    expect(await within(world, 500, call)).toBe('ok')
  })

  it('takes the tokens that another tab hands over, also by messages slower than the lock', async () => {
    browser.messageDelay = 15
    const [a, b] = await browser.tabs(2)
    expect(await within(world, 500, Promise.all([me(a), me(b)]))).toEqual(['ok', 'ok'])
    expect(server.refreshes).toHaveLength(1)
  })
})

describe('signing out', () => {
  it('in one tab signs out all', async () => {
    const [a, b, c] = await browser.tabs(3)
    const seen = events(b)
    await within(world, 500, a.client.signOut())
    expect([a, b, c].map((tab) => tab.reason)).toEqual(['logout', 'logout', 'logout'])
    expect(seen).toEqual(['out logout'])
    expect(server.row('s1').revoked).toBe('logout')
    expect(browser.localStorage.items.size).toBe(0)
  })

  it('ends an open refresh of another tab first, and its late answer undoes nothing', async () => {
    const [a, b] = await browser.tabs(2)
    server.slow.set('/api/v1/auth/refresh', 3000)
    const call = me(b)
    await world.advance(1600) // the server has rotated, the answer is on its way
    expect(server.row('s1').generation).toBe(2)
    await within(world, 300, a.client.signOut())
    await world.advance(10_000)
    expect(await call).toMatchObject({ status: 401 })
    expect([a.status, b.status]).toEqual(['signed-out', 'signed-out'])
    expect(browser.cookie).toBeNull()
    expect(server.row('s1').revoked).toBe('logout')
  })

  it('that fails keeps the session, and the refresh it ended is repeated in time', async () => {
    const [a, b] = await browser.tabs(2)
    server.slow.set('/api/v1/auth/refresh', 3000)
    const call = me(b)
    await world.advance(1600)
    server.fail('/api/v1/auth/logout', {
      status: 503,
      body: { type: '/problems/unavailable', title: 't', detail: 'd', status: 503, instance: 'i' },
      type: 'application/problem+json',
    })
    await expect(within(world, 300, a.client.signOut())).rejects.toMatchObject({ type: 'unavailable' })
    await world.advance(10_000)
    expect(await call).toBe('ok')
    expect([a.status, b.status]).toEqual(['signed-in', 'signed-in'])
    expect(server.refreshes).toHaveLength(2)
    expect(server.sent(1).attempt).toBe(server.sent(0).attempt)
    expect(server.row('s1').revoked).toBeNull()
    await within(world, 300, a.client.signOut())
    expect(b.reason).toBe('logout')
  })

  it('works without locks and undoes nothing late', async () => {
    ;({ world, server, browser } = stage({ locks: false }))
    const [a, b] = await browser.tabs(2)
    server.slow.set('/api/v1/auth/refresh', 3000)
    void me(a)
    void me(b)
    await world.advance(1600)
    await within(world, 300, a.client.signOut())
    await world.advance(10_000)
    expect([a.status, b.status]).toEqual(['signed-out', 'signed-out'])
  })

  it('is not undone by what another tab learned before', async () => {
    const [a, b] = await browser.tabs(2)
    browser.messageDelay = 500
    await within(world, 100, me(b)) // tells "refreshed", which is still on its way
    await within(world, 100, a.client.signOut())
    expect(a.status).toBe('signed-out')
    await world.advance(2000)
    expect([a.status, b.status]).toEqual(['signed-out', 'signed-out'])
  })

  it('forgets in every tab without a request', async () => {
    const [a, b] = await browser.tabs(2)
    server.revoke('s1', 'owner_all')
    const before = server.log.length
    a.client.forget('logout')
    await world.advance(100)
    expect([a.reason, b.reason]).toEqual(['logout', 'logout'])
    expect(server.log.length).toBe(before)
  })

  it('told of one session leaves another one alone', async () => {
    const [a, b] = await browser.tabs(2)
    browser.messageDelay = 400
    await within(world, 200, a.client.signIn({ email: 'ada@example.com', password: 'right' }))
    // b finds its session ended before it hears of the new one; its word must not reach the new session.
    browser.cookie = null
    await within(world, 100, b.client.check())
    browser.cookie = 's2.1'
    expect(b.status).toBe('signed-out')
    await world.advance(2000)
    expect(a.state).toMatchObject({ status: 'signed-in', session: { id: 's2' } })
    expect(b.state).toMatchObject({ status: 'signed-in', session: { id: 's2' } })
  })
})

describe('signing in', () => {
  it('in one tab signs in all, with the token', async () => {
    ;({ world, server, browser } = stage({}, false))
    const [a, b] = await browser.tabs(2)
    expect([a.state, b.state]).toEqual([
      { status: 'signed-out', reason: null },
      { status: 'signed-out', reason: null },
    ])
    const seen = [events(a), events(b)]
    const answer = await within(world, 200, a.client.signIn({ email: 'ada@example.com', password: 'right' }))
    expect(answer.user.name).toBe('Ada')
    await world.advance(100)
    expect([a.status, b.status]).toEqual(['signed-in', 'signed-in'])
    expect(seen).toEqual([['in u1'], ['in u1']])
    expect(await within(world, 200, me(b))).toBe('ok')
    expect(server.refreshes).toHaveLength(0)
  })

  it('with a wrong password changes nothing', async () => {
    ;({ world, server, browser } = stage({}, false))
    const [a] = await browser.tabs(1)
    const failing = within(world, 200, a.client.signIn({ email: 'ada@example.com', password: 'wrong' }))
    await expect(failing).rejects.toMatchObject({ kind: 'problem', type: 'invalid-credentials', status: 401 })
    expect(a.state).toEqual({ status: 'signed-out', reason: null })
  })

  it('as somebody else while a refresh is open leaves all tabs with the newer session', async () => {
    const [a, b] = await browser.tabs(2)
    server.slow.set('/api/v1/auth/refresh', 3000)
    const call = me(b)
    await world.advance(1600)
    server.user = { id: 'u2', name: 'Bea', email: 'bea@example.com', role: 'member' }
    await within(world, 300, a.client.signIn({ email: 'bea@example.com', password: 'right' }))
    server.slow.clear()
    await world.advance(10_000)
    // The call was Ada's: it never gets Bea's token.
    expect(await call).toMatchObject({ type: 'unauthenticated' })
    expect([a.state, b.state]).toMatchObject([{ user: { id: 'u2' } }, { user: { id: 'u2' } }])
    expect(browser.cookie).toBe('s2.1')
    expect(await within(world, 500, me(b))).toBe('ok')
    expect(server.row('s2').revoked).toBeNull()
  })

  it("by the product's own back end signs in all tabs", async () => {
    ;({ world, server, browser } = stage({}, false))
    const [a, b] = await browser.tabs(2)
    const seen = [events(a), events(b)]
    await within(world, 300, a.client.signInWith(byBackEnd))
    await world.advance(100)
    expect([a.status, b.status]).toEqual(['signed-in', 'signed-in'])
    expect(seen).toEqual([['in u1'], ['in u1']])
    expect(await within(world, 500, Promise.all([me(a), me(b)]))).toEqual(['ok', 'ok'])
    expect(server.refreshes).toHaveLength(1)
  })

  it("by the product's own back end ends an open refresh first, whose answer brings no older cookie", async () => {
    const [a, b] = await browser.tabs(2)
    server.slow.set('/api/v1/auth/refresh', 3000)
    const call = me(b)
    await world.advance(1600) // the server has rotated, the answer is on its way
    await within(world, 300, a.client.signInWith(byBackEnd))
    server.slow.clear()
    await world.advance(10_000)
    expect(await call).toBe('ok')
    expect([a.state, b.state]).toMatchObject([{ session: { id: 's2' } }, { session: { id: 's2' } }])
    expect(browser.cookie).toMatch(/^s2/)
  })

  it("that the product's own back end refuses, or leaves no session, changes nothing", async () => {
    ;({ world, server, browser } = stage({}, false))
    const [a] = await browser.tabs(1)
    const refused = a.client.signInWith(() => Promise.reject(new Error('Wrong password.')))
    await expect(within(world, 200, refused)).rejects.toThrow('Wrong password.')
    const without = a.client.signInWith(() => Promise.resolve())
    await expect(within(world, 200, without)).rejects.toMatchObject({ type: 'no-session', status: 401 })
    expect(a.state).toEqual({ status: 'signed-out', reason: null })
    await within(world, 300, a.client.signInWith(byBackEnd))
    expect(a.status).toBe('signed-in')
  })

  it('elsewhere is found by a refresh that names the old session', async () => {
    ;({ world, server, browser } = stage({ channel: false }))
    const [a, b] = await browser.tabs(2)
    const seen = events(b)
    await within(world, 300, a.client.signIn({ email: 'ada@example.com', password: 'right' }))
    expect(b.state).toMatchObject({ session: { id: 's1' } })
    expect(await within(world, 500, me(b))).toBe('ok')
    expect(b.state).toMatchObject({ session: { id: 's2' } })
    expect(seen).toEqual(['in u1'])
    expect(server.refreshes.map(({ body }) => body.session_id)).toEqual(['s1', 's2'])
  })

  it('on another origin of the site is found when somebody comes back to the tab', async () => {
    ;({ world, server, browser } = stage({}, false))
    const [a] = await browser.tabs(1)
    await world.advance(20_000)
    browser.cookie = server.signIn()
    a.window.fire('focus')
    await world.advance(200)
    expect(a.status).toBe('signed-in')
  })
})

describe('telling the other tabs', () => {
  it('of a changed policy, after the server has taken it', async () => {
    const [a, b] = await browser.tabs(2)
    const seen = [events(a), events(b)]
    const path = '/api/v1/accounts/me/security'
    server.extra.set(`PATCH ${path}`, () => ({
      status: 200,
      body: { presets: [], active_users: [], effective_idle_minutes: 15, effective_absolute_minutes: 720 },
      headers: { etag: '"p8"' },
    }))
    server.fail(path, {
      status: 412,
      body: { type: '/problems/stale', title: 't', detail: 'd', status: 412, instance: 'i' },
      type: 'application/problem+json',
    })
    await expect(within(world, 500, a.client.api.updateSecurity({ idle_minutes: 15 }))).rejects.toMatchObject(
      { type: 'stale' },
    )
    expect(seen).toEqual([[], []])
    server.row('s1').idleMinutes = 15
    await within(world, 500, a.client.api.updateSecurity({ idle_minutes: 15 }))
    expect(seen).toEqual([['policy "p8"'], ['policy "p8"']])
    // It shortened this very session: every tab knows.
    expect([a.state, b.state]).toMatchObject([
      { session: { idle_minutes: 15 } },
      { session: { idle_minutes: 15 } },
    ])
  })

  it('of a name that changed', async () => {
    const [a, b] = await browser.tabs(2)
    server.extra.set('PATCH /api/v1/users/me', ({ body }) => {
      server.row('s1').user = { ...server.user, name: String(body.name) }
      return { status: 200, body: server.row('s1').user }
    })
    await within(world, 500, a.client.api.updateMe({ name: 'Augusta' }))
    expect([a.state, b.state]).toMatchObject([{ user: { name: 'Augusta' } }, { user: { name: 'Augusta' } }])
  })

  it('nothing that they cannot read', async () => {
    const [a] = await browser.tabs(1)
    for (const line of browser.lines) {
      for (const data of [
        null,
        7,
        {},
        { t: 'session' },
        { t: 'session', known: { session: { id: 's9' } } },
        { t: 'later' },
      ])
        line.hear(data)
    }
    await world.advance(100)
    expect(a.state).toMatchObject({ status: 'signed-in', session: { id: 's1' } })
  })

  it('and never writes a token down', async () => {
    const tabs = await browser.tabs(2)
    await within(world, 500, Promise.all(tabs.map(me)))
    expect([...browser.localStorage.items.values()].join()).toBe('s1')
    expect(JSON.stringify([...browser.localStorage.items])).not.toMatch(/at\d/)
  })
})
