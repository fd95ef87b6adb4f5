// @vitest-environment node
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import document from '../../../api/openapi.yaml?raw'
import { CurfewError } from '../src/index'
import { createService, type Service, CurfewError as ServiceError } from '../src/service/index'

interface Asked {
  method: string
  path: string
  body: string
  headers: IncomingHttpHeaders
}

interface Reply {
  status?: number
  body?: unknown
  headers?: Record<string, string>
  /** No answer: the connection is cut. */
  cut?: boolean
  /** No answer: it never comes. */
  hang?: boolean
}

const key = 'cfk_secret'
let server: Server
let asked: Asked[]
let replies: Reply[]
let waited: number[]
let service: Service

beforeEach(async () => {
  asked = []
  waited = []
  replies = [{ body: {} }]
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ method: request.method ?? '', path: request.url ?? '', body, headers: request.headers })
    const reply = replies[Math.min(asked.length, replies.length) - 1] ?? {}
    if (reply.cut) return request.socket.destroy()
    if (reply.hang) return
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  service = of({})
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

function of(options: object): Service {
  const wait = async (ms: number) => {
    waited.push(ms)
  }
  return createService({ baseUrl: `${url()}/`, key, wait, ...options })
}

const problem = (status: number, type: string, more = {}): Reply => ({
  status,
  body: { type: `/problems/${type}`, title: type, status, detail: `It is ${type}.`, instance: 'R1', ...more },
  headers: { 'content-type': 'application/problem+json' },
})

const id = 'a b:c'
const person = { name: 'Ada', email: 'ada@example.com', role: 'owner' as const }

/** Each call once: what it asks for, and whether it may be sent again. */
const calls: [string, string, string, string, boolean, (s: Service) => Promise<unknown>][] = [
  [
    'putAccount',
    'PUT',
    '/accounts/a%20b%3Ac',
    '{"name":"Acme"}',
    true,
    (s) => s.putAccount(id, { name: 'Acme' }),
  ],
  ['putUser', 'PUT', '/accounts/a/users/u', JSON.stringify(person), true, (s) => s.putUser('a', 'u', person)],
  [
    'startSession',
    'POST',
    '/sessions',
    '{"account":{"external_id":"a"},"user":{"external_id":"u"},"amr":["pwd"]}',
    true,
    (s) => s.startSession({ account: { external_id: 'a' }, user: { external_id: 'u' }, amr: ['pwd'] }),
  ],
  [
    'listSessions',
    'GET',
    '/accounts/a/sessions?user=u&limit=5',
    '',
    true,
    (s) => s.listSessions('a', { user: 'u', limit: 5, cursor: '' }),
  ],
  ['endSession', 'DELETE', '/accounts/a/sessions/s', '', true, (s) => s.endSession('a', 's')],
  [
    'revokeSessions',
    'POST',
    '/accounts/a/revoke-sessions',
    '{"scope":"others","keep_user":"u"}',
    false,
    (s) => s.revokeSessions('a', { scope: 'others', keep_user: 'u' }),
  ],
  [
    'revokeUserSessions',
    'POST',
    '/accounts/a/users/u/revoke-sessions',
    '{}',
    false,
    (s) => s.revokeUserSessions('a', 'u'),
  ],
  ['getSecurity', 'GET', '/accounts/a/security', '', true, (s) => s.getSecurity('a')],
  [
    'updateSecurity',
    'PATCH',
    '/accounts/a/security',
    '{"idle_minutes":null}',
    false,
    (s) => s.updateSecurity('a', { idle_minutes: null }, { ifMatch: '"p1"' }),
  ],
  ['getBounds', 'GET', '/accounts/a/bounds', '', true, (s) => s.getBounds('a')],
  [
    'updateBounds',
    'PATCH',
    '/accounts/a/bounds',
    '{"idle_minutes_max":60}',
    false,
    (s) => s.updateBounds('a', { idle_minutes_max: 60 }),
  ],
  [
    'createPortalLink',
    'POST',
    '/portal-links',
    '{"account":"a","user":"u","page":"security"}',
    false,
    (s) => s.createPortalLink({ account: 'a', user: 'u', page: 'security' }),
  ],
  ['introspect', 'POST', '/oauth2/introspect', 'token=cfr_x%2B', true, (s) => s.introspect('cfr_x+')],
  ['revokeToken', 'POST', '/oauth2/revoke', 'token=cfr_x%2B', true, (s) => s.revokeToken('cfr_x+')],
  ['listWebhooks', 'GET', '/webhooks', '', true, (s) => s.listWebhooks()],
  [
    'createWebhook',
    'POST',
    '/webhooks',
    '{"url":"https://app.example.com/","events":["session.ended"]}',
    false,
    (s) => s.createWebhook({ url: 'https://app.example.com/', events: ['session.ended'] }),
  ],
  [
    'updateWebhook',
    'PATCH',
    '/webhooks/w',
    '{"disabled":true}',
    false,
    (s) => s.updateWebhook('w', { disabled: true }),
  ],
  ['deleteWebhook', 'DELETE', '/webhooks/w', '', true, (s) => s.deleteWebhook('w')],
  ['rotateWebhookSecret', 'POST', '/webhooks/w/rotate-secret', '', false, (s) => s.rotateWebhookSecret('w')],
]

/** What is answered with no body. */
const silent = ['endSession', 'revokeToken', 'deleteWebhook']
const good = (name: string): Reply => (silent.includes(name) ? { body: '' } : { body: { items: [] } })

describe('each call', () => {
  it('is there, and no other', () => {
    expect(calls.map(([name]) => name).sort()).toEqual(Object.keys(service).sort())
  })

  it.each(calls)('%s is %s %s', async (name, method, path, body, _, call) => {
    replies = [good(name)]
    await call(service)
    const full = path.startsWith('/oauth2') ? path : `/api/v1/service${path}`
    expect(asked).toMatchObject([{ method, path: full, body, headers: { authorization: `Bearer ${key}` } }])
    const media = asked[0]?.headers['content-type']
    if (path.startsWith('/oauth2')) expect(media).toMatch(/^application\/x-www-form-urlencoded/)
    else expect(media).toBe(body ? 'application/json' : undefined)
  })

  it.each(calls)('%s is one of the document', (_, method, path) => {
    const full = path.startsWith('/oauth2') ? path : `/api/v1/service${path}`
    const asPath = (template: string) =>
      new RegExp(`^ {2}${template.replace(/\/(a|a%20b%3Ac|u|s|w)(?=\/|$)/g, '/\\{\\w+\\}')}:$`, 'm')
    const found = asPath(full.split('?')[0] ?? '').exec(document)
    expect(found).not.toBeNull()
    const item = document.slice((found?.index ?? 0) + 3).split(/^ {2}\//m)[0]
    expect(item).toContain(`\n    ${method.toLowerCase()}:`)
  })
})

describe('another attempt', () => {
  const passing: [string, Reply][] = [
    ['a busy server', { ...problem(503, 'unavailable'), headers: { 'retry-after': '2' } }],
    ['a cut connection', { cut: true }],
    ['a proxy without a server', { status: 502, body: '<html>' }],
    ['too many calls', problem(429, 'rate-limited')],
  ]
  it.each(
    calls.flatMap(([name, , , , again, call]) =>
      passing.map(([what, reply]) => ({ name, again, call, what, reply })),
    ),
  )('$name after $what: $again', async ({ name, again, call, reply }) => {
    replies = [reply, good(name)]
    const done = await call(service).then(
      () => true,
      () => false,
    )
    expect(done).toBe(again)
    expect(asked).toHaveLength(again ? 2 : 1)
    expect(waited).toHaveLength(again ? 1 : 0)
  })

  it('comes when the server asked for it, within reason, and three times at most', async () => {
    replies = [{ ...problem(503, 'unavailable'), headers: { 'retry-after': '2' } }]
    await expect(service.getSecurity('a')).rejects.toMatchObject({
      type: 'unavailable',
      retryAfterSeconds: 2,
    })
    expect(asked).toHaveLength(3)
    expect(waited.every((ms) => ms === 2000)).toBe(true)
    replies = [{ ...problem(503, 'unavailable'), headers: { 'retry-after': '3600' } }]
    await expect(service.getSecurity('a')).rejects.toMatchObject({ status: 503 })
    expect(Math.max(...waited)).toBe(5000)
  })

  it.each([400, 401, 403, 404, 409, 412, 422, 500])('never comes after %i', async (status) => {
    replies = [problem(status, 'whatever')]
    await expect(service.getSecurity('a')).rejects.toMatchObject({ status })
    expect(asked).toHaveLength(1)
  })

  it('has the key of the first, and another call another key', async () => {
    replies = [{ cut: true }, { body: {} }]
    const start = { account: { external_id: 'a' }, user: { external_id: 'u' } }
    await service.startSession(start)
    await service.startSession(start)
    await service.startSession(start, { idempotencyKey: 'mine' })
    const keys = asked.map((one) => one.headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[\w-]{22,}$/)
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).not.toBe(keys[0])
    expect(keys[3]).toBe('mine')
  })
})

describe('an error', () => {
  it('is the same as of the client in the browser, and says all that the server said', async () => {
    expect(ServiceError).toBe(CurfewError)
    replies = [problem(403, 'wrong-scope', { scope: 'tokens:introspect', error: 'insufficient_scope' })]
    await expect(service.introspect('x')).rejects.toMatchObject({
      name: 'CurfewError',
      kind: 'problem',
      status: 403,
      type: 'wrong-scope',
      message: 'It is wrong-scope.',
      problem: { scope: 'tokens:introspect', instance: 'R1' },
    })
  })

  it.each<[string, Reply]>([
    ['a page', { body: '<p>' }],
    ['nothing', { body: '' }],
    ['a list', { body: [] }],
    ['null', { body: 'null' }],
    ['a redirect', { status: 302, body: '', headers: { location: '/elsewhere' } }],
    ['a proxy’s page', { status: 404, body: '<p>' }],
    ['a foreign problem', { status: 404, body: { type: 'about:blank', title: 'x' } }],
  ])('of kind nonsense is what %s gives', async (_, reply) => {
    replies = [reply]
    await expect(service.getSecurity('a')).rejects.toMatchObject({ kind: 'nonsense', type: '' })
    expect(asked).toHaveLength(1)
  })

  it('comes where something is in place of nothing', async () => {
    replies = [{ body: '<p>' }]
    await expect(service.revokeToken('x')).rejects.toMatchObject({ kind: 'nonsense', status: 200 })
  })

  it('tells a slow server, and a caller who gave up', async () => {
    replies = [{ hang: true }]
    await expect(of({ timeoutMs: 20 }).getSecurity('a')).rejects.toMatchObject({ kind: 'timeout' })
    const abort = new AbortController()
    const call = service.getSecurity('a', { signal: abort.signal })
    abort.abort(new Error('the caller left'))
    await expect(call).rejects.toThrow('the caller left')
  })

  it('keeps nobody waiting who gave up between attempts', async () => {
    replies = [problem(503, 'unavailable')]
    const abort = new AbortController()
    const wait = () => {
      queueMicrotask(() => abort.abort(new Error('the caller left')))
      return new Promise<void>(() => {})
    }
    await expect(of({ wait }).getSecurity('a', { signal: abort.signal })).rejects.toThrow('the caller left')
    expect(asked).toHaveLength(1)
    const gone = { signal: AbortSignal.abort(new Error('gone before')) }
    await expect(of({ wait }).getSecurity('a', gone)).rejects.toThrow('gone before')
  })

  it.each<Reply>([
    { cut: true },
    { body: '<p>' },
    problem(401, 'invalid-token'),
    { status: 500, body: 'no' },
  ])('holds neither the key nor a token', async (reply) => {
    replies = [reply]
    const error = await service.introspect('cfr_token').catch((thrown) => thrown)
    expect(error).toBeInstanceOf(CurfewError)
    const text = JSON.stringify(error, Object.getOwnPropertyNames(error))
    expect(text).not.toContain('cfr_token')
    expect(text).not.toContain(key)
  })
})

describe('a version', () => {
  it('is given, and sent back', async () => {
    replies = [{ body: { idle_minutes: 15 }, headers: { etag: '"p7"' } }]
    const policy = await service.getSecurity('a')
    expect(policy).toEqual({ idle_minutes: 15, etag: '"p7"' })
    await service.updateSecurity('a', { idle_minutes: 20 }, { ifMatch: policy.etag })
    expect(asked[1]?.headers['if-match']).toBe('"p7"')
    await service.updateSecurity('a', { idle_minutes: 20 })
    expect(asked[2]?.headers['if-match']).toBeUndefined()
  })
})

describe('settings', () => {
  it.each(['http://login.example.com', 'ftp://login.example.com', 'login.example.com', ''])(
    '%j is no address to send a key to',
    (baseUrl) => expect(() => createService({ baseUrl, key })).toThrow(TypeError),
  )

  it.each(['https://login.example.com', 'http://localhost:8080', 'http://[::1]:1', 'http://127.0.0.1'])(
    '%s is one',
    (baseUrl) => expect(createService({ baseUrl, key })).toBeDefined(),
  )

  it('may say that the network is to be trusted', () => {
    expect(createService({ baseUrl: 'http://curfew.internal', key, plainHttp: true })).toBeDefined()
  })

  it.each(['', 'secret', 'cfk_a b', 'cfk_a\n'])('%j is no service key', (wrong) => {
    expect(() => createService({ baseUrl: 'https://login.example.com', key: wrong })).toThrow(
      /service-keys create/,
    )
  })

  it.each(['', '.', '..'])('%j is no id: it would name something else', async (odd) => {
    await expect(service.putAccount(odd, { name: 'x' })).rejects.toBeInstanceOf(TypeError)
    await expect(service.endSession('a', odd)).rejects.toBeInstanceOf(TypeError)
    expect(asked).toHaveLength(0)
  })
})
