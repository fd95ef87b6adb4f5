// For the back ends of products that sign people in themselves. It holds a
// service key, and so must never come near a browser.
import type { components, queries } from '../schema.gen'
import { type Ask, send, type Wire } from './send'

export { CurfewError } from '../errors'
export type { CurfewErrorLike, FieldError, Problem } from '../types'

type Schemas = components['schemas']

/** An account that the product has named. */
export type ServiceAccount = Schemas['ServiceAccount']
/** An account as the product describes it. */
export type ServiceAccountPut = Schemas['ServiceAccountPut']
/** A person whom the product has named. */
export type ServiceUser = Schemas['ServiceUser']
/** A person as the product describes them. */
export type ServiceUserPut = Schemas['ServiceUserPut']
/** A sign-in that the product has done in its own way. */
export type SessionStart = Schemas['ServiceSessionStart']
/** A session with its tokens. The refresh token is for the person's browser or program alone. */
export type StartedSession = Schemas['TokenResponse'] & { refresh_token: string }
/** One session in a list. */
export type AccountSession = Schemas['SessionItem']
/** A page of sessions; `next_cursor` is null on the last. */
export type SessionPage = Schemas['SessionList']
/** Which of an account's sessions, and which page of them. */
export type SessionFilter = NonNullable<queries['listServiceSessions']>
/** Whose sessions end, and why. */
export type RevokeSessions = Schemas['ServiceRevokeSessionsRequest']
/** How many sessions ended. */
export type RevokedCount = Schemas['RevokedCount']
/** The session policy of an account, its bounds, and who is signed in. */
export type Security = Schemas['Security']
/** A change of the session policy: what is left out stays, `null` takes the default. */
export type SecurityPatch = Schemas['SecurityPatch']
/** What an account's owners may choose within. */
export type Bounds = Schemas['AccountBounds']
/** A change of the bounds: what is left out stays, `null` takes the operator's. */
export type BoundsPatch = Schemas['AccountBoundsPatch']
/** For whom Curfew's own pages are to open, and where they lead back to. */
export type PortalLinkRequest = Schemas['PortalLinkRequest']
/** A link that works once, and not for long. Keep and log it nowhere. */
export type PortalLink = Schemas['PortalLink']
/** What a token is worth at this moment. */
export type Introspection = Schemas['Introspection']
/** An endpoint that is told of events. */
export type Webhook = Schemas['Webhook']
/** A new endpoint, with the secret that signs its events, which is shown once. */
export type NewWebhook = Schemas['NewWebhook']
/** Where events are sent, and which. */
export type WebhookRequest = Schemas['WebhookRequest']
/** A change of an endpoint: what is left out stays. */
export type WebhookPatch = Schemas['WebhookPatch']
/** The secret that signs an endpoint's events from now on, shown once. */
export type WebhookSecret = Schemas['WebhookSecret']

/** Where Curfew is, and who asks. */
export interface ServiceOptions {
  /** Curfew's public address, or another at which this service reaches it. */
  baseUrl: string
  /** A service key, as `curfew service-keys create` prints it, with the scopes of what is called. */
  key: string
  /** Allows http to other machines, on which tokens and the key travel in the clear. */
  plainHttp?: boolean
  /** How long an attempt may take; 10 seconds by default. */
  timeoutMs?: number
  /** In place of the global `fetch`. */
  fetch?: typeof fetch
  /** In place of a timer between attempts, for tests. */
  wait?: (ms: number) => Promise<void>
}

/** What every call takes besides. */
export interface CallOptions {
  signal?: AbortSignal
}

/** What a change takes besides. */
export interface ChangeOptions extends CallOptions {
  /** The ETag that the change is based on; with another one in force it is refused (`stale`, 412). */
  ifMatch?: string | null
}

/** What the start of a session takes besides. */
export interface StartOptions extends CallOptions {
  /** Names this start, so that a repetition answers with the same session; drawn for each call by default. */
  idempotencyKey?: string
}

/** A resource with its version, to be given back as `ifMatch`. */
export type Tagged<T> = T & { etag: string }

/**
 * The calls of a product's back end. Accounts and people are named by the
 * product's own ids. Each rejects with a `CurfewError`. What may safely be sent
 * again is, up to three times in all: reading, `put`, `delete`, introspection,
 * `revokeToken`, and `startSession`, which carries an `Idempotency-Key`.
 */
export interface Service {
  /** Makes an account, or renames it. */
  putAccount(account: string, body: ServiceAccountPut, options?: CallOptions): Promise<ServiceAccount>
  /** Makes a person, or changes them. Demoting or disabling somebody ends their sessions. */
  putUser(account: string, user: string, body: ServiceUserPut, options?: CallOptions): Promise<ServiceUser>

  /** Starts a session for somebody whom the product has signed in. */
  startSession(body: SessionStart, options?: StartOptions): Promise<StartedSession>
  listSessions(account: string, query?: SessionFilter, options?: CallOptions): Promise<SessionPage>
  /** Ends one session, by Curfew's id. One that is over keeps its end. */
  endSession(account: string, session: string, options?: CallOptions): Promise<void>
  revokeSessions(account: string, body: RevokeSessions, options?: CallOptions): Promise<RevokedCount>
  revokeUserSessions(
    account: string,
    user: string,
    body?: { reason?: string },
    options?: CallOptions,
  ): Promise<RevokedCount>

  getSecurity(account: string, options?: CallOptions): Promise<Tagged<Security>>
  updateSecurity(account: string, body: SecurityPatch, options?: ChangeOptions): Promise<Tagged<Security>>

  getBounds(account: string, options?: CallOptions): Promise<Tagged<Bounds>>
  /** Changes what the account's owners may choose within: by its plan, say. */
  updateBounds(account: string, body: BoundsPatch, options?: ChangeOptions): Promise<Tagged<Bounds>>

  /** Makes a link that opens Curfew's own pages for somebody: send them there at once. */
  createPortalLink(body: PortalLinkRequest, options?: CallOptions): Promise<PortalLink>

  /**
   * Asks what an access token or a refresh token is worth at this moment. Of a
   * caller accept only what is `active` with the `token_type` `Bearer`.
   */
  introspect(token: string, options?: CallOptions): Promise<Introspection>
  /** Ends the session of a token; one that proves none ends none, and that is no error. */
  revokeToken(token: string, options?: CallOptions): Promise<void>

  listWebhooks(options?: CallOptions): Promise<Webhook[]>
  createWebhook(body: WebhookRequest, options?: CallOptions): Promise<NewWebhook>
  updateWebhook(id: string, body: WebhookPatch, options?: CallOptions): Promise<Webhook>
  deleteWebhook(id: string, options?: CallOptions): Promise<void>
  rotateWebhookSecret(id: string, options?: CallOptions): Promise<WebhookSecret>
}

/** An id as a part of a path. What is empty or dots would name something else. */
function part(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new TypeError(`Not an id: "${id}"`)
  return encodeURIComponent(id)
}

function wireOf({ baseUrl, key, plainHttp, timeoutMs, fetch: given, wait }: ServiceOptions): Wire {
  const url = new URL(baseUrl)
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (loopback || plainHttp))) {
    throw new TypeError(
      'baseUrl must be https, or http on a loopback address: tokens would travel in the clear',
    )
  }
  if (!/^cfk_[\w-]+$/.test(key)) {
    throw new TypeError('key is not a service key (cfk_...): create one with "curfew service-keys create"')
  }
  return {
    url: baseUrl.replace(/\/$/, ''),
    key,
    fetch: given ?? ((...args) => fetch(...args)),
    timeoutMs: timeoutMs ?? 10_000,
    wait: wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  }
}

/** Makes the calls of a product's back end. Nothing is asked of the network yet. */
export function createService(options: ServiceOptions): Service {
  const wire = wireOf(options)
  const api = (method: string, path: string, ask: Ask) => send(wire, method, `/api/v1/service/${path}`, ask)
  const oauth = (path: string, token: string, ask: Ask) =>
    send(wire, 'POST', `/oauth2/${path}`, { ...ask, form: { token }, again: true })
  const account = (id: string) => `accounts/${part(id)}`
  const person = (id: string, user: string) => `${account(id)}/users/${part(user)}`
  const webhook = (id: string) => `webhooks/${part(id)}`
  const again = true
  const nothing = true
  return {
    putAccount: async (id, body, { signal } = {}) => api('PUT', account(id), { body, signal, again }),
    putUser: async (id, user, body, { signal } = {}) => api('PUT', person(id, user), { body, signal, again }),

    startSession: async (body, { signal, idempotencyKey = crypto.randomUUID() } = {}) =>
      api('POST', 'sessions', { body, signal, again, headers: { 'idempotency-key': idempotencyKey } }),
    listSessions: async (id, query, { signal } = {}) =>
      api('GET', `${account(id)}/sessions`, { query, signal, again }),
    endSession: async (id, session, { signal } = {}) =>
      api('DELETE', `${account(id)}/sessions/${part(session)}`, { signal, again, nothing }),
    // Never sent again: sessions that were started in the meantime would end too.
    revokeSessions: async (id, body, { signal } = {}) =>
      api('POST', `${account(id)}/revoke-sessions`, { body, signal }),
    revokeUserSessions: async (id, user, body = {}, { signal } = {}) =>
      api('POST', `${person(id, user)}/revoke-sessions`, { body, signal }),

    getSecurity: async (id, { signal } = {}) => api('GET', `${account(id)}/security`, { signal, again }),
    updateSecurity: async (id, body, { signal, ifMatch } = {}) =>
      api('PATCH', `${account(id)}/security`, {
        body,
        signal,
        headers: { 'if-match': ifMatch ?? undefined },
      }),
    getBounds: async (id, { signal } = {}) => api('GET', `${account(id)}/bounds`, { signal, again }),
    updateBounds: async (id, body, { signal, ifMatch } = {}) =>
      api('PATCH', `${account(id)}/bounds`, { body, signal, headers: { 'if-match': ifMatch ?? undefined } }),

    createPortalLink: async (body, { signal } = {}) => api('POST', 'portal-links', { body, signal }),

    introspect: async (token, { signal } = {}) => oauth('introspect', token, { signal }),
    revokeToken: async (token, { signal } = {}) => oauth('revoke', token, { signal, nothing }),

    listWebhooks: async ({ signal } = {}) => (await api('GET', 'webhooks', { signal, again })).items,
    createWebhook: async (body, { signal } = {}) => api('POST', 'webhooks', { body, signal }),
    updateWebhook: async (id, body, { signal } = {}) => api('PATCH', webhook(id), { body, signal }),
    deleteWebhook: async (id, { signal } = {}) => api('DELETE', webhook(id), { signal, again, nothing }),
    rotateWebhookSecret: async (id, { signal } = {}) =>
      api('POST', `${webhook(id)}/rotate-secret`, { signal }),
  }
}
