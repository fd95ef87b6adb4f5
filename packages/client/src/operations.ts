import { authorized } from './calls'
import type { Core, SessionAnswer } from './core'
import { http, sessionShape } from './http'
import type { components, queries } from './schema.gen'
import { checkQuietly } from './session'
import type { TokenResponse } from './types'

type Schemas = components['schemas']

/** An account: its name, and who its owners are. */
export type Account = Schemas['Account']
/** One session in a list, with its device and deadlines. */
export type AccountSession = Schemas['SessionItem']
/** Somebody with at least one active session. */
export type ActiveUser = Schemas['ActiveUser']
/** Who did what an audit event tells of. */
export type AuditActor = Schemas['AuditActor']
/** One row of the audit log. */
export type AuditEvent = Schemas['AuditEvent']
/** Which audit events, and which page of them. */
export type AuditFilter = queries['listAuditEvents']
/** Which audit events a file holds, and in what format. */
export type AuditExport = queries['exportAuditEvents']
/** What a sign-in page must know of the server. */
export type AuthConfig = Schemas['AuthConfig']
/** What a session runs on, as far as it can be told. */
export type Device = Schemas['Device']
/** How the server is. */
export type Health = Schemas['Health']
/** What the holder of an invitation's link may know of it. */
export type Invitation = Schemas['InviteLookup']
/** An invitation that is open, as owners see it. */
export type Invite = Schemas['Invite']
/** Whom to invite, and as what. */
export type InviteRequest = Schemas['InviteRequest']
/** An invitation with its link, which is shown once. */
export type NewInvite = Schemas['NewInvite']
/** A link to a new password, which is shown once. */
export type NewResetLink = Schemas['NewResetLink']
/** A new password, with the current one. */
export type PasswordChange = Schemas['PasswordChangeRequest']
/** What the holder of a link to a new password may know of it. */
export type Reset = Schemas['ResetLookup']
/** How far the ending of many sessions has come: which apps have heard. */
export type Receipt = Schemas['Receipt']
/** Names a receipt, with the token that reads it. Keep it in memory only. */
export type ReceiptKey = Schemas['ReceiptKey']
/** How many sessions ended together, and the receipt of it. */
export type SessionsRevoked = Schemas['SessionsRevoked']
/** How many sessions ended. */
export type RevokedCount = Schemas['RevokedCount']
/** Whose sessions end: everybody's, or everybody's but the caller's own. */
export type RevokeScope = Schemas['RevokeSessionsRequest']['scope']
/** What somebody may do in an account. */
export type Role = Schemas['User']['role']
/** The account's session policy, its bounds, and who is signed in. */
export type Security = Schemas['Security']
/** A change of the session policy. */
export type SecurityPatch = Schemas['SecurityPatch']
/** What applying a policy to open sessions would do. */
export type SecurityPreview = Schemas['SecurityPreview']
/** The policy that a preview is asked for. */
export type SecurityPreviewRequest = Schemas['SecurityPreviewRequest']
/** What the server publishes of itself (RFC 8414). */
export type ServerMetadata = Schemas['ServerMetadata']
/** Which of the account's sessions, and which page of them. */
export type SessionFilter = queries['listSessions']
/** Which of the person's own sessions, and which page of them. */
export type MySessionFilter = queries['listMySessions']
/** A person of the account. */
export type User = Schemas['User']
/** A change of a person's role, or of whether they may sign in. */
export type UserPatch = Schemas['UserPatch']
/** Who signs in. The refresh token always comes as a cookie. */
export type SignInBody = Omit<Schemas['LoginRequest'], 'delivery'>
/** A new account and its first owner. */
export type SignUpBody = Schemas['SignupRequest']
/** An invitation's code, with the name and password of who accepts it. */
export type AcceptInviteBody = Schemas['AcceptInviteRequest']

/** The code of a link from the product to these pages. */
export type PortalBody = Schemas['PortalRequest']
/** Whom that link signed in, and where it leads. */
export type PortalResponse = Schemas['PortalResponse']

/** One page of a list; `next_cursor` is null on the last. */
export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

/** Which page of a list: `cursor` is the `next_cursor` of the page before. */
export interface PageQuery {
  limit?: number
  cursor?: string
}

/** What every operation takes besides. */
export interface CallOptions {
  signal?: AbortSignal
}

/** What a change takes besides. */
export interface ChangeOptions extends CallOptions {
  /** The ETag that the change is based on; with another one in force it is refused (`stale`, 412). */
  ifMatch?: string | null
}

/** A resource with its version, to be given back as `ifMatch`. */
export type Tagged<T> = T & { etag: string | null }

/**
 * Every operation of the server's OpenAPI document, by its `operationId`, but
 * for those that other services and proxies call. Each
 * adds the access token where one is needed, refreshing it first or once after
 * a 401, and rejects with a `CurfewError`. Those that start or end this
 * browser's session are the client's own, so that the tabs stay in step.
 */
export interface Operations {
  signUp(body: SignUpBody): Promise<TokenResponse>
  signIn(body: SignInBody): Promise<TokenResponse>
  acceptInvite(body: AcceptInviteBody): Promise<TokenResponse>
  openPortal(body: PortalBody): Promise<PortalResponse>
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
  revokeSessions(body: { scope: RevokeScope }, options?: CallOptions): Promise<SessionsRevoked>
  /** By the receipt's own token, as the caller's session may be over. */
  getReceipt(id: string, options: CallOptions & { token: string }): Promise<Receipt>

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
  'signUp' | 'signIn' | 'acceptInvite' | 'openPortal' | 'signOut' | 'refreshSession'
>

const account = 'etag name owners[]'
const person = 'etag name email'
const security = 'etag effective_idle_minutes effective_absolute_minutes presets[] active_users[]'

/**
 * How each operation is asked for: the method, the path (`{}` is an id, the
 * first argument), what else it takes before its options, and the shape of its
 * answer.
 */
const requests: Record<Exclude<keyof Operations, keyof OwnOperations>, string> = {
  getSession: `GET auth/session ${sessionShape}`,
  getAuthConfig: 'GET auth/config',
  getInvitation: 'POST auth/invite body',
  forgotPassword: 'POST auth/forgot body none',
  getReset: 'POST auth/reset body',
  resetPassword: 'POST auth/reset-password body none',

  getAccount: `GET accounts/me ${account}`,
  updateAccount: `PATCH accounts/me body ${account}`,

  getSecurity: `GET accounts/me/security ${security}`,
  updateSecurity: `PATCH accounts/me/security body ${security}`,
  previewSecurity: 'POST accounts/me/security/preview body users[]',
  revokeSessions: 'POST accounts/me/security/revoke-sessions body',
  getReceipt: 'GET receipts/{} acknowledged_at worst_case_at verifiers[]',

  listSessions: 'GET accounts/me/sessions query items[]',
  revokeSession: 'DELETE accounts/me/sessions/{} none',

  listUsers: 'GET accounts/me/users query items[]',
  updateUser: 'PATCH accounts/me/users/{} body',
  revokeUserSessions: 'POST accounts/me/users/{}/revoke-sessions',
  createResetLink: 'POST accounts/me/users/{}/reset-links',

  listInvites: 'GET accounts/me/invites query items[]',
  createInvite: 'POST accounts/me/invites body',
  deleteInvite: 'DELETE accounts/me/invites/{} none',

  listAuditEvents: 'GET accounts/me/audit-events query items[]',
  exportAuditEvents: 'GET accounts/me/audit-events/export query file',

  getMe: `GET users/me ${person}`,
  updateMe: `PATCH users/me body ${person}`,
  changePassword: 'POST users/me/password body none',
  listMySessions: 'GET users/me/sessions query items[]',
  revokeMySession: 'DELETE users/me/sessions/{} none',
  revokeMyOtherSessions: 'POST users/me/sessions/revoke-others',

  getHealth: 'GET /healthz',
  getReadiness: 'GET /readyz',
  getKeySet: 'GET /.well-known/jwks.json',
  getServerMetadata: 'GET /.well-known/oauth-authorization-server',
}

/** One of the operations as a plain function. */
function operation(core: Core, request: string) {
  const [, method = '', template = '', takes, shape = ''] =
    /^(\w+) (\S+)(?: (body|query))? ?(.*)/.exec(request) ?? []
  return async (...args: unknown[]) => {
    let path = template.replace('{}', () => {
      const id = `${args.shift()}`
      // What is empty or dots would name another operation.
      if (/^\.{0,2}$/.test(id)) throw new TypeError(`Not an id: "${id}"`)
      return encodeURIComponent(id)
    })
    if (takes === 'query') {
      const given = Object.entries(args.shift() ?? {}).filter(([, value]) => (value ?? '') !== '')
      if (given[0]) path += `?${new URLSearchParams(given)}`
    }
    const body = takes === 'body' && args.shift()
    const options = args[0] as ChangeOptions & { token?: string }
    const send = (token: string | null | undefined = options?.token) =>
      http<{ etag: string | null }>(core, method, path, shape, { ...options, body, token })
    const answer = await (/s\/me/.test(template) ? authorized(core, send) : send())
    if (method === 'PATCH' && /etag/.test(shape)) {
      if (shape === security) core.tell({ t: 'policy-changed', etag: answer.etag })
      // It may have changed a name, or shortened this very session.
      checkQuietly(core)
    }
    return answer
  }
}

/** The operations as plain functions. */
export function createOperations(core: Core, own: OwnOperations): Operations {
  const made = Object.entries(requests).map(([name, request]) => [name, operation(core, request)])
  return { ...own, ...Object.fromEntries(made) }
}
