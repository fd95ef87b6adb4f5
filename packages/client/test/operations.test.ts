import { beforeEach, describe, expect, it } from 'vitest'
import document from '../../../api/openapi.yaml?raw'
import { type Client, CurfewError, createClient } from '../src/index'
import type { Browser, Tab } from './support/browser'
import { type Asked, problem, type Server } from './support/server'
import { errorWithin, me, stage, within } from './support/setup'
import type { World } from './support/world'

let world: World
let server: Server
let browser: Browser
let tab: Tab

beforeEach(async () => {
  ;({ world, server, browser } = stage())
  tab = (await browser.tabs(1))[0]
})

const last = () => server.log.at(-1) as Asked
const api = () => tab.client.api

/** Operations that proxies call, not pages. */
const forProxies = ['forwardAuth']

/** The document's operations but those for other services and for proxies: id, method and path. */
function operations(): { id: string; method: string; path: string }[] {
  const found: { id: string; method: string; path: string }[] = []
  let path = ''
  let method = ''
  for (const line of document.split('\n')) {
    path = /^ {2}(\/.*):$/.exec(line)?.[1] ?? path
    method = /^ {4}(get|put|post|patch|delete):$/.exec(line)?.[1]?.toUpperCase() ?? method
    const id = /^ {6}operationId: (\w+)$/.exec(line)?.[1]
    if (id && !forProxies.includes(id)) found.push({ id, method, path })
    if (/^ {8}- serviceKey:/.test(line)) found.pop()
  }
  return found
}

/** How each operation is called, with ids that need encoding. */
const id = 'a b/c?d#e%'
const calls: Record<string, (client: Client) => Promise<unknown>> = {
  signUp: (c) => c.api.signUp({ account_name: 'Acme', name: 'Ada', email: 'ada@example.com', password: 'p' }),
  signIn: (c) => c.api.signIn({ email: 'ada@example.com', password: 'p' }),
  acceptInvite: (c) => c.api.acceptInvite({ token: 't', name: 'Ada', password: 'p' }),
  openPortal: (c) => c.api.openPortal({ code: 'cfo_secret' }),
  signOut: (c) => c.api.signOut(),
  refreshSession: (c) => c.api.refreshSession(),
  getSession: (c) => c.api.getSession(),
  getAuthConfig: (c) => c.api.getAuthConfig(),
  getInvitation: (c) => c.api.getInvitation({ token: 't' }),
  forgotPassword: (c) => c.api.forgotPassword({ email: 'ada@example.com' }),
  getReset: (c) => c.api.getReset({ token: 't' }),
  resetPassword: (c) => c.api.resetPassword({ token: 't', password: 'p' }),
  getAccount: (c) => c.api.getAccount(),
  updateAccount: (c) => c.api.updateAccount({ name: 'Acme' }),
  getSecurity: (c) => c.api.getSecurity(),
  updateSecurity: (c) => c.api.updateSecurity({ idle_minutes: 15 }),
  previewSecurity: (c) => c.api.previewSecurity({ idle_minutes: null }),
  revokeSessions: (c) => c.api.revokeSessions({ scope: 'all' }),
  getReceipt: (c) => c.api.getReceipt(id, { token: 'cfq_secret' }),
  listSessions: (c) => c.api.listSessions({ user_id: 'u', status: 'all', limit: 5, cursor: 'c' }),
  revokeSession: (c) => c.api.revokeSession(id),
  listUsers: (c) => c.api.listUsers(),
  updateUser: (c) => c.api.updateUser(id, { role: 'owner' }),
  revokeUserSessions: (c) => c.api.revokeUserSessions(id),
  createResetLink: (c) => c.api.createResetLink(id),
  listInvites: (c) => c.api.listInvites({ limit: 5 }),
  createInvite: (c) => c.api.createInvite({ email: 'bea@example.com', role: 'member' }),
  deleteInvite: (c) => c.api.deleteInvite(id),
  listAuditEvents: (c) =>
    c.api.listAuditEvents({ action: 'session.start', from: '2026-01-01T00:00:00+01:00' }),
  exportAuditEvents: (c) => c.api.exportAuditEvents({ format: 'csv', actor_id: 'u' }),
  getMe: (c) => c.api.getMe(),
  updateMe: (c) => c.api.updateMe({ name: 'Ada' }),
  changePassword: (c) => c.api.changePassword({ current_password: 'p', new_password: 'q' }),
  listMySessions: (c) => c.api.listMySessions({ status: 'active' }),
  revokeMySession: (c) => c.api.revokeMySession(id),
  revokeMyOtherSessions: (c) => c.api.revokeMyOtherSessions(),
  getHealth: (c) => c.api.getHealth(),
  getReadiness: (c) => c.api.getReadiness(),
  getKeySet: (c) => c.api.getKeySet(),
  getServerMetadata: (c) => c.api.getServerMetadata(),
}

describe('the operations', () => {
  it('are those of the document, and no others', () => {
    const names = Object.keys(api()).sort()
    const documented = operations().map((operation) => operation.id)
    expect(documented.length).toBeGreaterThan(30)
    expect(names).toEqual(documented.sort())
    expect(Object.keys(calls).sort()).toEqual(names)
  })

  it.each(operations())('$id is $method $path', async ({ id: operation, method, path }) => {
    const call = calls[operation]
    if (!call) throw new Error(`no call of ${operation}`)
    call(tab.client).catch(() => undefined)
    await world.advance(1000)
    const template = new RegExp(`^${path.replace(/\{\w+\}/g, encodeURIComponent(id))}$`)
    expect(
      tab.requests.some(
        (made) => made.startsWith(`${method} `) && template.test(made.slice(method.length + 1)),
      ),
    ).toBe(true)
  })

  it('send their bodies as JSON, the token, and nothing in the address', async () => {
    server.fail('/api/v1/accounts/me/security/preview', { status: 200, body: { users: [] } })
    await within(world, 500, api().previewSecurity({ idle_minutes: null, absolute_minutes: 60 }))
    expect(last().body).toEqual({ idle_minutes: null, absolute_minutes: 60 })
    expect(last().headers.get('content-type')).toBe('application/json')
    expect(last().headers.get('authorization')).toMatch(/^Bearer at\d+$/)
    expect(last().query).toBe('')
  })

  it('send no content type without a body, and no token where none is needed', async () => {
    await within(world, 500, me(tab))
    expect(last().headers.get('content-type')).toBeNull()
    await within(world, 500, api().getAuthConfig())
    expect(last().headers.get('authorization')).toBeNull()
  })

  it('leave out of the query what is not given', async () => {
    server.extra.set('GET /api/v1/accounts/me/audit-events', () => ({
      status: 200,
      body: { items: [], next_cursor: null },
    }))
    const page = await within(
      world,
      500,
      api().listAuditEvents({ action: undefined, from: '2026-01-01T00:00:00+01:00', cursor: '' }),
    )
    expect(page).toEqual({ items: [], next_cursor: null })
    expect(last().query).toBe('?from=2026-01-01T00%3A00%3A00%2B01%3A00')
  })

  it('give the version of what has one, and send it back', async () => {
    const before = await within(world, 500, api().getMe())
    expect(before).toMatchObject({ name: 'Ada', etag: '"v1"' })
    await within(world, 500, api().updateMe({ name: 'Ada' }, { ifMatch: before.etag }))
    expect(server.log.find((asked) => asked.method === 'PATCH')?.headers.get('if-match')).toBe('"v1"')
    await within(world, 500, api().updateMe({ name: 'Ada' }, { ifMatch: null }))
    expect(
      server.log
        .filter((asked) => asked.method === 'PATCH')
        .at(-1)
        ?.headers.get('if-match'),
    ).toBeNull()
  })

  it.each(['', '.', '..'])('refuse %j for an id: it would name another operation', async (odd) => {
    const before = server.log.length
    await expect(within(world, 500, api().revokeSession(odd))).rejects.toBeInstanceOf(TypeError)
    await expect(within(world, 500, api().revokeUserSessions(odd))).rejects.toBeInstanceOf(TypeError)
    expect(server.log.length).toBe(before)
  })

  it('give the export as a stream, with its filters, and a refusal as an error', async () => {
    const path = '/api/v1/accounts/me/audit-events/export'
    server.extra.set(`GET ${path}`, () => ({ status: 200, type: 'text/csv', body: 'id\n1\n' }))
    const file = await within(world, 500, api().exportAuditEvents({ format: 'csv', action: 'session.start' }))
    expect(await file.text()).toBe('id\n1\n')
    expect(last().query).toBe('?format=csv&action=session.start')
    server.fail(path, problem(403, 'forbidden'))
    expect(await errorWithin(world, 500, api().exportAuditEvents())).toMatchObject({
      type: 'forbidden',
      status: 403,
    })
    server.fail(path, { status: 200, type: 'text/html; charset=utf-8', body: '<p>' })
    expect(await errorWithin(world, 500, api().exportAuditEvents())).toMatchObject({ kind: 'nonsense' })
  })

  it('end when their signal says so, with its reason', async () => {
    const abort = new AbortController()
    server.slow.set('/api/v1/users/me', 5000)
    const call = api().getMe({ signal: abort.signal })
    call.catch(() => undefined)
    await world.advance(500)
    abort.abort(new Error('page left'))
    await expect(call).rejects.toThrow('page left')
    await expect(api().getAuthConfig({ signal: abort.signal })).rejects.toThrow('page left')
    expect(tab.status).toBe('signed-in')
  })
})

describe('a 401', () => {
  it('is answered by one refresh and one repetition', async () => {
    await within(world, 500, me(tab))
    server.tokens.clear() // a server that no longer knows its tokens
    expect(await within(world, 500, Promise.all([me(tab), me(tab), me(tab)]))).toEqual(['ok', 'ok', 'ok'])
    expect(server.refreshes).toHaveLength(2)
  })

  it('that stays is the answer', async () => {
    server.extra.set('GET /api/v1/users/me', () => problem(401, 'invalid-token'))
    expect(await within(world, 500, me(tab))).toMatchObject({ type: 'invalid-token' })
    expect(server.count('/api/v1/users/me')).toBe(2)
    expect(tab.status).toBe('signed-in')
  })

  it('of a session that ended signs out with the reason', async () => {
    await within(world, 500, me(tab))
    server.revoke('s1', 'owner_user')
    expect(await within(world, 500, me(tab))).toMatchObject({
      status: 401,
      problem: { reason: 'owner_user' },
    })
    expect(tab.reason).toBe('owner_user')
    const before = server.refreshes.length
    expect(await within(world, 500, me(tab))).toMatchObject({ type: 'unauthenticated' })
    expect(server.refreshes.length).toBe(before) // nobody is signed in: nothing to refresh
  })

  it('never lets one person’s call be repeated as another’s', async () => {
    await within(world, 500, me(tab))
    server.slow.set('/api/v1/users/me/password', 400)
    const change = api().changePassword({ current_password: 'a', new_password: 'b' })
    change.catch(() => undefined)
    await world.advance(100)
    server.revoke('s1', 'logout')
    server.user = { id: 'u2', name: 'Bea', email: 'bea@example.com', role: 'member' }
    browser.cookie = server.signIn()
    await world.advance(2000)
    await expect(change).rejects.toMatchObject({ status: 401, problem: { reason: 'logout' } })
    expect(server.count('/api/v1/users/me/password')).toBe(1)
    expect(tab.state).toMatchObject({ user: { id: 'u2' } })
  })
})

describe('an error', () => {
  it('of the server says all that the server said', async () => {
    const errors = [{ field: 'idle_minutes', detail: 'idle_minutes must be between 15 and 43200' }]
    server.extra.set('PATCH /api/v1/accounts/me/security', () => ({
      ...problem(422, 'invalid-request', { errors, detail: errors[0]?.detail }),
      headers: { 'retry-after': 'Mon, 02 Mar 2026 09:01:00 GMT' },
    }))
    const error = await errorWithin(world, 500, api().updateSecurity({ idle_minutes: 1 }))
    expect(error).toBeInstanceOf(CurfewError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'CurfewError',
      kind: 'problem',
      status: 422,
      type: 'invalid-request',
      message: 'idle_minutes must be between 15 and 43200',
      problem: { errors },
      retryAfterSeconds: 60,
    })
  })

  it.each([
    ['no connection', 'cut' as const, { kind: 'offline', status: 0, problem: null, retryAfterSeconds: null }],
    ['no answer in time', 'hang' as const, { kind: 'timeout', status: 0, type: '' }],
    [
      'a proxy’s page',
      { status: 504, type: 'text/html', body: '<p>', headers: { 'retry-after': '7' } },
      { kind: 'nonsense', status: 504, retryAfterSeconds: 7 },
    ],
    [
      'a page for an answer',
      { status: 200, type: 'text/html', body: '<p>' },
      { kind: 'nonsense', status: 200 },
    ],
    ['broken JSON', { status: 200, body: '{"name":' }, { kind: 'nonsense' }],
    ['a list for an object', { status: 200, body: [] }, { kind: 'nonsense' }],
    ['null', { status: 200, body: 'null' }, { kind: 'nonsense' }],
    ['nothing', { status: 204 }, { kind: 'nonsense', status: 204 }],
    [
      'a problem without words',
      { status: 500, body: { type: '/problems/internal', status: 500 } },
      { kind: 'nonsense', status: 500 },
    ],
  ])('tells %s', async (_, fault, expected) => {
    await within(world, 500, me(tab))
    server.fail('/api/v1/users/me', fault)
    expect(await within(world, 11_000, me(tab))).toMatchObject(expected)
    expect(tab.status).toBe('signed-in')
  })

  it('comes when a list is none, or when something is where nothing should be', async () => {
    expect(await errorWithin(world, 500, api().listUsers())).toMatchObject({ kind: 'nonsense' })
    expect(await errorWithin(world, 500, api().revokeSession('s1'))).toMatchObject({
      kind: 'nonsense',
      status: 200,
    })
  })

  it.each([
    ['getAccount', '/accounts/me'],
    ['getMe', '/users/me'],
    ['getSecurity', '/accounts/me/security'],
  ] as const)('comes when %s is answered with an object of something else', async (operation, path) => {
    server.fail(`/api/v1${path}`, { status: 200, body: { hello: 'world', items: 7 } })
    expect(await errorWithin(world, 500, api()[operation]())).toMatchObject({ kind: 'nonsense' })
  })

  it.each(['idle_expires_at', 'absolute_expires_at', 'last_active_at', 'started_at'])(
    'comes when a session’s %s is no time',
    async (member) => {
      const good = server.answer({
        ...last(),
        path: '/api/v1/auth/session',
        cookie: 's1.1',
        headers: new Headers(),
      }).body as { session: object }
      server.fail('/api/v1/auth/session', {
        status: 200,
        body: { ...good, session: { ...good.session, [member]: 'soon' } },
      })
      expect(await errorWithin(world, 500, tab.client.check())).toMatchObject({ kind: 'nonsense' })
      expect(tab.status).toBe('signed-in')
    },
  )

  it('never holds a token or a password', async () => {
    server.fail('/api/v1/auth/login', { status: 500, type: 'text/html', body: 'right' })
    const error = await errorWithin(
      world,
      500,
      tab.client.signIn({ email: 'ada@example.com', password: 'right' }),
    )
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('right')
  })
})

describe('where Curfew is', () => {
  const seen: { url: string; credentials: unknown; keepalive: unknown }[] = []
  const client = (baseUrl: string | undefined) => {
    seen.length = 0
    return createClient({
      ...(baseUrl === undefined ? {} : { baseUrl }),
      environment: {
        window: { location: new URL('https://app.example.com/page') } as unknown as Window,
        fetch: async (input, init) => {
          seen.push({ url: String(input), credentials: init?.credentials, keepalive: init?.keepalive })
          return new Response('{"status":"ok"}', { headers: { 'content-type': 'application/json' } })
        },
      },
    })
  }

  it.each([
    [undefined, '', '/api/v1/auth/config', 'same-origin'],
    ['', '', '/api/v1/auth/config', 'same-origin'],
    ['/curfew/', '/curfew', '/curfew/api/v1/auth/config', 'same-origin'],
    [
      'https://app.example.com',
      'https://app.example.com',
      'https://app.example.com/api/v1/auth/config',
      'same-origin',
    ],
    [
      'https://auth.example.com/',
      'https://auth.example.com',
      'https://auth.example.com/api/v1/auth/config',
      'include',
    ],
  ])('%s', async (given, baseUrl, url, credentials) => {
    const made = client(given)
    expect(made.baseUrl).toBe(baseUrl)
    await made.api.getAuthConfig()
    expect(seen).toEqual([{ url, credentials, keepalive: false }])
    await made.api.getHealth()
    expect(seen.at(-1)?.url).toBe(`${baseUrl}/healthz`)
  })
})
