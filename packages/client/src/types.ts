import type { components } from './schema.gen'

type Schemas = components['schemas']

/** A session: its id, generation, limits and deadlines. */
export type Session = Schemas['Session']
/** Who is signed in. */
export type SessionUser = Schemas['SessionUser']
/** The account that they are signed in to. */
export type SessionAccount = Schemas['SessionAccount']
/** What a sign-in answers: an access token, and whose session it is. */
export type TokenResponse = Schemas['TokenResponse']
/** Why the server refused (RFC 9457). */
export type Problem = Schemas['Problem']
/** What is wrong with one member of a request. */
export type FieldError = Schemas['FieldError']

/**
 * Why a session ended: `idle`, `absolute`, or one of the server's revocation
 * reasons. More may come; treat an unknown one as `owner_session`.
 */
export type EndReason =
  | 'idle'
  | 'absolute'
  | 'logout'
  | 'owner_all'
  | 'owner_others'
  | 'owner_user'
  | 'owner_session'
  | 'user_session'
  | 'user_others'
  | 'reuse_detected'
  | 'password_changed'
  | 'user_disabled'
  | 'role_changed'
  | 'policy_tightened'
  | 'session_limit'
  | 'service'
  | 'operator'
  | (string & {})

/**
 * Whether somebody is signed in.
 *
 * `loading`: not known yet; `error` says what stands in the way, and the client
 * keeps trying. `signed-out`: `reason` is null when nobody had been signed in
 * here, as far as this browser knows. `signed-in`: what the server last said.
 */
export type SessionState =
  | { readonly status: 'loading'; readonly error: CurfewErrorLike | null }
  | { readonly status: 'signed-out'; readonly reason: EndReason | null }
  | {
      readonly status: 'signed-in'
      readonly session: Session
      readonly user: SessionUser
      readonly account: SessionAccount
    }

/** How near the end of the session is. Times are milliseconds since the epoch. */
export interface Expiry {
  /**
   * `none`: far away. `soon`: within the warning lead, the lesser of five
   * minutes and a third of the limit. `now`: the deadline has passed on the
   * server's clock; only the server's refusal signs anybody out.
   */
  readonly warning: 'none' | 'soon' | 'now'
  /** Which deadline is the nearer. A tie is `absolute`: nothing extends it. */
  readonly reason: 'idle' | 'absolute'
  /** The deadline by the server's clock: the warning's identity. */
  readonly deadline: number
  /** The same moment by this device's clock, to show to people. */
  readonly localDeadline: number
  /** Somebody dismissed the warning of this very deadline, in any tab. */
  readonly dismissed: boolean
  /** The last attempt to stay signed in failed; the session still stands. */
  readonly failed: CurfewErrorLike | null
}

/** What can be watched: works with React's `useSyncExternalStore` as it is. */
export interface Observable<T> {
  /** The value now; the same object until it changes. */
  get(): T
  /** Calls back after each change. Returns what ends it. */
  subscribe(listener: () => void): () => void
}

/** The shape of `CurfewError`, for types that do not need the class. */
export interface CurfewErrorLike extends Error {
  /**
   * `problem`: the server refused, and `problem` says why. `offline`: the
   * browser knows no network, or the server could not be reached. `timeout`: no
   * answer in time. `nonsense`: an answer that is not Curfew's, such as a
   * proxy's error page or one of another version.
   */
  readonly kind: 'problem' | 'offline' | 'timeout' | 'nonsense'
  /** The HTTP status; 0 without an answer. */
  readonly status: number
  /** The problem's type without `/problems/`, such as `invalid-request`; '' otherwise. */
  readonly type: string
  readonly problem: Problem | null
  /** Seconds the server asked to wait (`Retry-After`), or null. */
  readonly retryAfterSeconds: number | null
}

/** What one tab tells the others, and listeners in this one. */
export interface Events {
  /** Somebody signed in, here or in another tab. */
  'signed-in': { readonly userId: string; readonly accountId: string }
  /** The session ended, here or in another tab. */
  'signed-out': { readonly reason: EndReason | null }
  /** The account's session policy was changed in some tab. */
  'policy-changed': { readonly etag: string | null }
}

/** What `createClient` takes. All of it may be left out. */
export interface ClientOptions {
  /**
   * Where Curfew is: '' (the default) for the same origin, a path where a proxy
   * passes it on (`/curfew`), or an origin of the same site
   * (`https://auth.example.com`), which Curfew must name in
   * `CURFEW_ALLOWED_ORIGINS`.
   */
  baseUrl?: string
  /** Whether this page's input counts as the person's activity. True by default. */
  trackInput?: boolean
  /**
   * Other origins to which `client.fetch` may send the access token, such as
   * `https://api.example.com`. It always may to this page's and to Curfew's.
   */
  tokenOrigins?: readonly string[]
  /** Milliseconds after which a request is given up. 10,000 by default. */
  timeoutMs?: number
  /** What the client uses of the browser; tests replace it. */
  environment?: Partial<Environment>
}

/**
 * The browser, as far as the client uses it. Anything absent is done without:
 * no locks, no channel, no storage, no document still give a client that works.
 */
export interface Environment {
  fetch: typeof fetch
  /** The wall clock, in milliseconds. */
  now(): number
  /** A clock that only goes forward, in milliseconds; may stand still in sleep. */
  monotonic(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(handle: unknown): void
  window: Window | undefined
  document: Document | undefined
  locks: LockManager | undefined
  indexedDB: IDBFactory | undefined
  localStorage: Storage | undefined
  BroadcastChannel: typeof BroadcastChannel | undefined
  crypto: Crypto
}
