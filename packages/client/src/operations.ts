import type { Ask, Reply, Shape } from './http'
import type { components, operations } from './schema.gen'
import type { SessionAnswer } from './store'
import type { TokenResponse } from './types'

type Schemas = components['schemas']
type Query<K extends keyof operations> = NonNullable<operations[K]['parameters']['query']>

export type Account = Schemas['Account']
export type AccountSession = Schemas['SessionItem']
export type ActiveUser = Schemas['ActiveUser']
export type AuditActor = Schemas['AuditActor']
export type AuditEvent = Schemas['AuditEvent']
export type AuditFilter = Query<'listAuditEvents'>
export type AuditExport = Query<'exportAuditEvents'>
export type AuthConfig = Schemas['AuthConfig']
export type Device = Schemas['Device']
export type Health = Schemas['Health']
export type Invitation = Schemas['InviteLookup']
export type Invite = Schemas['Invite']
export type InviteRequest = Schemas['InviteRequest']
export type NewInvite = Schemas['NewInvite']
export type NewResetLink = Schemas['NewResetLink']
export type PasswordChange = Schemas['PasswordChangeRequest']
export type Reset = Schemas['ResetLookup']
export type RevokedCount = Schemas['RevokedCount']
export type RevokeScope = Schemas['RevokeSessionsRequest']['scope']
export type Role = Schemas['User']['role']
export type Security = Schemas['Security']
export type SecurityPatch = Schemas['SecurityPatch']
export type SecurityPreview = Schemas['SecurityPreview']
export type SecurityPreviewRequest = Schemas['SecurityPreviewRequest']
export type ServerMetadata = Schemas['ServerMetadata']
export type SessionFilter = Query<'listSessions'>
export type MySessionFilter = Query<'listMySessions'>
export type User = Schemas['User']
export type UserPatch = Schemas['UserPatch']
export type SignInBody = Omit<Schemas['LoginRequest'], 'delivery'>
export type SignUpBody = Schemas['SignupRequest']
export type AcceptInviteBody = Schemas['AcceptInviteRequest']

/** One page of a list; `next_cursor` is null on the last. */
export interface Page<T> {
  items: T[]
  next_cursor: string | null
}
export interface PageQuery {
  limit?: number
  cursor?: string
}

export interface CallOptions {
  signal?: AbortSignal
}
export interface ChangeOptions extends CallOptions {
  /** The ETag that the change is based on; with another one in force it is refused (`stale`, 412). */
  ifMatch?: string | null
}

/** A resource with its version, to be given back as `ifMatch`. */
export type Tagged<T> = T & { etag: string | null }

/**
 * Every operation of the server's OpenAPI document, by its `operationId`. Each
 * adds the access token where one is needed, refreshing it first or once after
 * a 401, and rejects with a `CurfewError`. Those that start or end this
 * browser's session are the client's own, so that the tabs stay in step.
 */
export interface Operations {
  signUp(body: SignUpBody): Promise<TokenResponse>
  signIn(body: SignInBody): Promise<TokenResponse>
  acceptInvite(body: AcceptInviteBody): Promise<TokenResponse>
  signOut(): Promise<void>
  refreshSession(): Promise<void>
  getSession(options?: CallOptions): Promise<SessionAnswer>

  getAuthConfig(options?: CallOptions): Promise<AuthConfig>
  getInvitation(body: Schemas['InviteLookupRequest'], options?: CallOptions): Promise<Invitation>
  forgotPassword(body: Schemas['ForgotRequest'], options?: CallOptions): Promise<void>
  getReset(body: Schemas['ResetLookupRequest'], options?: CallOptions): Promise<Reset>
  resetPassword(body: Schemas['ResetPasswordRequest'], options?: CallOptions): Promise<void>

  getAccount(options?: CallOptions): Promise<Tagged<Account>>
  updateAccount(body: Schemas['NamePatch'], options?: ChangeOptions): Promise<Tagged<Account>>

  getSecurity(options?: CallOptions): Promise<Tagged<Security>>
  updateSecurity(body: SecurityPatch, options?: ChangeOptions): Promise<Tagged<Security>>
  previewSecurity(body: SecurityPreviewRequest, options?: CallOptions): Promise<SecurityPreview>
  revokeSessions(body: { scope: RevokeScope }, options?: CallOptions): Promise<RevokedCount>

  listSessions(query?: SessionFilter, options?: CallOptions): Promise<Page<AccountSession>>
  revokeSession(id: string, options?: CallOptions): Promise<void>

  listUsers(query?: PageQuery, options?: CallOptions): Promise<Page<User>>
  updateUser(id: string, body: UserPatch, options?: CallOptions): Promise<User>
  revokeUserSessions(userId: string, options?: CallOptions): Promise<RevokedCount>
  createResetLink(userId: string, options?: CallOptions): Promise<NewResetLink>

  listInvites(query?: PageQuery, options?: CallOptions): Promise<Page<Invite>>
  createInvite(body: InviteRequest, options?: CallOptions): Promise<NewInvite>
  deleteInvite(id: string, options?: CallOptions): Promise<void>

  listAuditEvents(query?: AuditFilter, options?: CallOptions): Promise<Page<AuditEvent>>
  /** The file as it comes: read it with `blob()` or from `body`. The time limit ends with the answer's head. */
  exportAuditEvents(query?: AuditExport, options?: CallOptions): Promise<Response>

  getMe(options?: CallOptions): Promise<Tagged<User>>
  updateMe(body: Schemas['NamePatch'], options?: ChangeOptions): Promise<Tagged<User>>
  changePassword(body: PasswordChange, options?: CallOptions): Promise<void>
  listMySessions(query?: MySessionFilter, options?: CallOptions): Promise<Page<AccountSession>>
  revokeMySession(id: string, options?: CallOptions): Promise<void>
  revokeMyOtherSessions(options?: CallOptions): Promise<RevokedCount>

  getHealth(options?: CallOptions): Promise<Health>
  getReadiness(options?: CallOptions): Promise<Health>
  getKeySet(options?: CallOptions): Promise<{ keys: Record<string, unknown>[] }>
  getServerMetadata(options?: CallOptions): Promise<ServerMetadata>
}

/** The operations that the client does itself. */
export type OwnOperations = Pick<
  Operations,
  'signUp' | 'signIn' | 'acceptInvite' | 'signOut' | 'refreshSession'
>

/** Makes one call; `open` needs no sign-in. */
export type Call = <T>(
  method: string,
  path: string,
  shape: Shape,
  ask?: Ask,
  open?: boolean,
) => Promise<Reply<T>>

/** What follows from a change that succeeded. */
export interface After {
  /** The session policy is another one. */
  policy(etag: string | null): void
  /** The person's or the account's name is another one. */
  names(): void
}

function withQuery(path: string, query: object = {}): string {
  const text = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([key, value]) => [key, String(value)]),
  ).toString()
  return text ? `${path}?${text}` : path
}

/** The operations as plain functions over `call`. */
export function createOperations(call: Call, own: OwnOperations, after: After): Operations {
  const at = encodeURIComponent
  const me = '/accounts/me'
  const users = `${me}/users`
  const mine = '/users/me/sessions'

  const plain = <T>(method: string, path: string, options?: ChangeOptions, body?: unknown, open?: boolean) =>
    call<T>(method, path, 'object', { ...options, body }, open).then((reply) => reply.data)
  const none = (method: string, path: string, options?: CallOptions, body?: unknown, open?: boolean) =>
    call<void>(method, path, 'none', { ...options, body }, open).then(() => undefined)
  const list = <T>(path: string, query?: object, options?: CallOptions) =>
    call<Page<T>>('GET', withQuery(path, query), 'list', options).then((reply) => reply.data)
  const tagged = <T>(method: string, path: string, shape: Shape, options?: ChangeOptions, body?: unknown) =>
    call<T>(method, path, shape, { ...options, body }).then(({ data, etag }) => ({ ...data, etag }))
  const renamed = <T>(value: T): T => {
    after.names()
    return value
  }

  return {
    ...own,
    getSession: (o) =>
      call<SessionAnswer>('GET', '/auth/session', 'session', o, true).then((reply) => reply.data),

    getAuthConfig: (o) => plain('GET', '/auth/config', o, undefined, true),
    getInvitation: (body, o) => plain('POST', '/auth/invite', o, body, true),
    forgotPassword: (body, o) => none('POST', '/auth/forgot', o, body, true),
    getReset: (body, o) => plain('POST', '/auth/reset', o, body, true),
    resetPassword: (body, o) => none('POST', '/auth/reset-password', o, body, true),

    getAccount: (o) => tagged('GET', me, 'account', o),
    updateAccount: (body, o) => tagged<Account>('PATCH', me, 'account', o, body).then(renamed),

    getSecurity: (o) => tagged('GET', `${me}/security`, 'security', o),
    updateSecurity: async (body, o) => {
      const security = await tagged<Security>('PATCH', `${me}/security`, 'security', o, body)
      after.policy(security.etag)
      return security
    },
    previewSecurity: (body, o) =>
      call<SecurityPreview>('POST', `${me}/security/preview`, 'preview', { ...o, body }).then(
        (reply) => reply.data,
      ),
    revokeSessions: (body, o) => plain('POST', `${me}/security/revoke-sessions`, o, body),

    listSessions: (query, o) => list(`${me}/sessions`, query, o),
    revokeSession: (id, o) => none('DELETE', `${me}/sessions/${at(id)}`, o),

    listUsers: (query, o) => list(users, query, o),
    updateUser: (id, body, o) => plain('PATCH', `${users}/${at(id)}`, o, body),
    revokeUserSessions: (id, o) => plain('POST', `${users}/${at(id)}/revoke-sessions`, o),
    createResetLink: (id, o) => plain('POST', `${users}/${at(id)}/reset-links`, o),

    listInvites: (query, o) => list(`${me}/invites`, query, o),
    createInvite: (body, o) => plain('POST', `${me}/invites`, o, body),
    deleteInvite: (id, o) => none('DELETE', `${me}/invites/${at(id)}`, o),

    listAuditEvents: (query, o) => list(`${me}/audit-events`, query, o),
    exportAuditEvents: (query, o) =>
      call<Response>('GET', withQuery(`${me}/audit-events/export`, query), 'file', o).then(
        (reply) => reply.data,
      ),

    getMe: (o) => tagged('GET', '/users/me', 'person', o),
    updateMe: (body, o) => tagged<User>('PATCH', '/users/me', 'person', o, body).then(renamed),
    changePassword: (body, o) => none('POST', '/users/me/password', o, body),
    listMySessions: (query, o) => list(mine, query, o),
    revokeMySession: (id, o) => none('DELETE', `${mine}/${at(id)}`, o),
    revokeMyOtherSessions: (o) => plain('POST', `${mine}/revoke-others`, o),

    getHealth: (o) => plain('GET', '/healthz', o, undefined, true),
    getReadiness: (o) => plain('GET', '/readyz', o, undefined, true),
    getKeySet: (o) => plain('GET', '/.well-known/jwks.json', o, undefined, true),
    getServerMetadata: (o) => plain('GET', '/.well-known/oauth-authorization-server', o, undefined, true),
  }
}
