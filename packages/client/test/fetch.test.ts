import { beforeEach, describe, expect, it } from 'vitest'
import type { Browser, Tab } from './support/browser'
import { problem, type Server } from './support/server'
import { errorWithin, stage, within } from './support/setup'
import type { World } from './support/world'

let world: World
let server: Server
let browser: Browser
let tab: Tab

beforeEach(async () => {
  ;({ world, server, browser } = stage())
  tab = browser.tab({ baseUrl: 'https://auth.example.com', tokenOrigins: ['https://api.example.com/v2'] })
  // The server of these tests answers as Curfew on any origin.
  for (const path of ['session', 'refresh'] as const) {
    const method = path === 'session' ? 'GET' : 'POST'
    server.extra.set(`${method} https://auth.example.com/api/v1/auth/${path}`, (asked) =>
      server.answer({ ...asked, path: `/api/v1/auth/${path}` }),
    )
  }
  tab.client.start()
  await world.advance(200)
})

const token = () => server.log.at(-1)?.headers.get('authorization') ?? null
const get = (input: RequestInfo | URL, init?: RequestInit) =>
  within(world, 500, tab.client.fetch(input, init))

describe('fetch', () => {
  it.each([
    '/orders',
    'orders?page=2',
    'https://app.example.com/orders',
    'https://auth.example.com/anything',
    'https://api.example.com/orders',
  ])('sends the token to %s', async (url) => {
    server.extra.set(`GET ${url}`, () => ({ status: 200, body: {} }))
    await get(url)
    expect(token()).toMatch(/^Bearer at/)
  })

  it.each([
    'https://evil.example/orders',
    'http://app.example.com/orders',
    'https://app.example.com:8443/orders',
    'https://api.example.com.evil.example/',
    'https://app.example.com@evil.example/',
    '//evil.example/orders',
    '/\\evil.example/orders',
    'https:\\\\evil.example',
    'data:text/plain,x',
    'blob:https://evil.example/7',
  ])('never sends it to %s', async (url) => {
    await get(url).catch(() => undefined)
    expect(token()).toBeNull()
    expect(server.refreshes).toHaveLength(0)
  })

  it('takes what fetch takes', async () => {
    await get(new URL('https://api.example.com/orders'))
    expect(token()).toMatch(/^Bearer at/)
    await get(new Request('https://api.example.com/orders', { headers: { 'x-a': '1' } }))
    expect(token()).toMatch(/^Bearer at/)
    expect(server.log.at(-1)?.headers.get('x-a')).toBe('1')
    await get('/orders', { headers: [['x-b', '2']], method: 'POST', body: '{"a":1}' })
    expect(server.log.at(-1)?.body).toEqual({ a: 1 })
    expect(server.log.at(-1)?.headers.get('x-b')).toBe('2')
  })

  it('leaves the caller’s own authorization alone', async () => {
    await get('/orders', { headers: { authorization: 'Basic x' } })
    expect(token()).toBe('Basic x')
  })

  it('refreshes and repeats once on 401', async () => {
    const codes = [401, 200]
    server.extra.set('POST /orders', () => ({ status: codes.shift() ?? 500, body: {} }))
    const response = await within(
      world,
      1000,
      tab.client.fetch('/orders', { method: 'POST', body: '{"a":1}' }),
    )
    expect(response.status).toBe(200)
    expect(server.count('/orders')).toBe(2)
    expect(server.log.at(-1)?.body).toEqual({ a: 1 })
  })

  it('gives the second 401 as it is', async () => {
    server.extra.set('GET /orders', () => problem(401, 'x'))
    expect((await within(world, 1000, tab.client.fetch('/orders'))).status).toBe(401)
    expect(server.count('/orders')).toBe(2)
    expect(tab.status).toBe('signed-in')
  })

  it('does not repeat a body that is a stream', async () => {
    server.extra.set('POST /orders', () => problem(401, 'x'))
    const init = { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit
    expect((await within(world, 1000, tab.client.fetch('/orders', init))).status).toBe(401)
    expect(server.count('/orders')).toBe(1)
  })

  it('goes without a token when nobody is signed in', async () => {
    tab.client.forget(null)
    expect((await get('/orders')).status).toBe(401)
    expect(token()).toBeNull()
    expect(server.count('/orders')).toBe(1)
  })

  it('says so when no token can be had', async () => {
    server.faults.push((asked) => (asked.path.endsWith('/refresh') ? 'cut' : undefined))
    expect(await errorWithin(world, 500, tab.client.fetch('/orders'))).toMatchObject({ kind: 'offline' })
    expect(server.count('/orders')).toBe(0)
  })

  it('includes the cookie for Curfew on another origin of the site', () => {
    expect(server.log[0]).toMatchObject({
      path: 'https://auth.example.com/api/v1/auth/session',
      credentials: 'include',
    })
  })
})
