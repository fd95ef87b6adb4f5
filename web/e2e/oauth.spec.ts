import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import * as oauth from 'oauth4webapi'
import { binary, type Curfew, expect, password, test } from './harness'

// A client library that knows OAuth and nothing of Curfew, with no option but
// the one that lets it speak plain http to this machine.
const plain = { [oauth.allowInsecureRequests]: true }

const ada = { name: 'Ada Lovelace', email: 'ada@acme.example' }

/** A service with a key: an OAuth client, whose id is the key's name. */
function client(
  curfew: Curfew,
  name: string,
  scope: string,
): { client: oauth.Client; auth: oauth.ClientAuth; key: string } {
  const args = ['service-keys', 'create', '--name', name, '--scope', scope]
  const text = execFileSync(binary, [...args, '--data-dir', join(curfew.folder, 'data')], {
    encoding: 'utf8',
  })
  const key = /cfk_\S+/.exec(text)?.[0] ?? ''
  return { client: { client_id: name }, auth: oauth.ClientSecretBasic(key), key }
}

/** What a program signs in with, by the password that tests have. */
async function signIn(curfew: Curfew): Promise<{ access: string; refresh: string }> {
  const api = await curfew.api()
  const answer = await api.post('/auth/login', { email: ada.email, password, delivery: 'body' })
  return { access: answer.access_token, refresh: answer.refresh_token }
}

async function discovered(curfew: Curfew): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(curfew.url)
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...plain })
  return oauth.processDiscoveryResponse(issuer, answer)
}

test('an OAuth client finds the endpoints in the metadata', async ({ curfew }) => {
  const server = await discovered(curfew)
  expect(server.issuer).toBe(curfew.url)
  expect(server.introspection_endpoint).toBe(`${curfew.url}/oauth2/introspect`)
  expect(server.revocation_endpoint).toBe(`${curfew.url}/oauth2/revoke`)
  expect(server.introspection_endpoint_auth_methods_supported).toContain('client_secret_basic')
  expect(server.revocation_endpoint_auth_methods_supported).toEqual(['client_secret_basic'])
})

test('it asks what tokens are worth, and ends the session of one', async ({ curfew }) => {
  await curfew.signUp(ada)
  const server = await discovered(curfew)
  const orders = client(curfew, 'orders & returns', 'tokens:introspect,sessions:write')
  const worth = async (token: string, hint?: string) => {
    const options = { ...plain, ...(hint ? { additionalParameters: { token_type_hint: hint } } : {}) }
    const answer = await oauth.introspectionRequest(server, orders.client, orders.auth, token, options)
    return oauth.processIntrospectionResponse(server, orders.client, answer)
  }
  const revoke = async (token: string) =>
    oauth.processRevocationResponse(
      await oauth.revocationRequest(server, orders.client, orders.auth, token, plain),
    )

  const first = await signIn(curfew)
  const second = await signIn(curfew)
  const access = await worth(first.access, 'access_token')
  expect(access).toMatchObject({ active: true, iss: curfew.url, aud: curfew.url, token_type: 'Bearer' })
  expect(access).toMatchObject({ client_id: 'curfew', role: 'owner', amr: ['pwd'] })
  const refresh = await worth(first.refresh, 'refresh_token')
  expect(refresh).toMatchObject({
    active: true,
    sid: access.sid,
    sub: access.sub,
    token_type: 'refresh_token',
  })
  expect(await worth(first.refresh, 'access_token')).toEqual(refresh) // a wrong hint
  expect(await worth('nonsense')).toEqual({ active: false })

  await revoke(first.refresh)
  expect(await worth(first.access)).toEqual({ active: false })
  expect(await worth(first.refresh)).toEqual({ active: false })
  await revoke(first.refresh) // once more
  await revoke('nonsense')
  expect(await worth(second.access)).toMatchObject({ active: true })
  await revoke(second.access)
  expect(await worth(second.refresh)).toEqual({ active: false })

  const third = await signIn(curfew)
  await curfew.pass(600)
  expect(await worth(third.access)).toEqual({ active: false }) // expired, and its session lives
  expect(await worth(third.refresh)).toMatchObject({ active: true })
})

test('it understands why it is refused', async ({ curfew }) => {
  await curfew.signUp(ada)
  const server = await discovered(curfew)
  const { access } = await signIn(curfew)
  const revoker = client(curfew, 'revoker', 'sessions:write')
  const ask = async (who: oauth.Client, auth: oauth.ClientAuth) =>
    oauth.processIntrospectionResponse(
      server,
      who,
      await oauth.introspectionRequest(server, who, auth, access, plain),
    )

  const stranger = ask(revoker.client, oauth.ClientSecretBasic('another secret')).catch((error) => error)
  expect(await stranger).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
  expect((await stranger).cause).toMatchObject([{ scheme: 'basic', parameters: { realm: 'curfew' } }])

  const scope = ask(revoker.client, revoker.auth).catch((error) => error)
  expect(await scope).toBeInstanceOf(oauth.ResponseBodyError)
  expect(await scope).toMatchObject({ status: 403, error: 'insufficient_scope' })
  expect((await scope).error_description).toContain('tokens:introspect')

  // A key as a bearer token, for which the library has a hook and no name.
  const bearer: oauth.ClientAuth = (_as, _client, _body, headers) => {
    headers.set('authorization', `Bearer ${client(curfew, 'billing', 'tokens:introspect').key}`)
  }
  expect(await ask({ client_id: 'billing' }, bearer)).toMatchObject({ active: true })
  const none = ask({ client_id: 'billing' }, oauth.None()).catch((error) => error)
  expect((await none).cause.map((challenge: { scheme: string }) => challenge.scheme)).toEqual([
    'bearer',
    'basic',
  ])

  const twice = await oauth.revocationRequest(server, revoker.client, revoker.auth, access, {
    ...plain,
    additionalParameters: { client_secret: 'a second way to prove oneself' },
  })
  const reason = { error: 'invalid_request', status: 400 }
  await expect(oauth.processRevocationResponse(twice)).rejects.toMatchObject(reason)
})
