import { openedByPerson, reported, touch } from './activity'
import { createFetch } from './calls'
import { type Core, knownOf, post, type SessionAnswer, serverNow } from './core'
import { environment } from './environment'
import { http, sessionShape, tokenShape } from './http'
import { forgetNames } from './names'
import { listen, observable } from './observable'
import {
  type AcceptInviteBody,
  createOperations,
  type Operations,
  type PortalBody,
  type PortalResponse,
  type SignInBody,
  type SignUpBody,
} from './operations'
import { alone, refresh } from './refresh'
import { look, tick } from './schedule'
import { adopt, check, checkQuietly, finish } from './session'
import { close, open, receive, watch } from './tabs'
import type {
  ClientOptions,
  CurfewErrorLike,
  EndReason,
  Events,
  Expiry,
  Observable,
  SessionState,
  TokenResponse,
} from './types'

/** Sessions of one Curfew in this page. Make one and keep it. */
export interface Client {
  readonly baseUrl: string
  readonly session: Observable<SessionState>
  /** How near the end is; null unless somebody is signed in. */
  readonly expiry: Observable<Expiry | null>
  /** Every operation of the server's API. */
  readonly api: Operations
  /** Restores the session, listens and schedules. Without it nothing happens by itself. May be called again. */
  start(): void
  /** Undoes `start`; it can be started again. */
  stop(): void
  signUp(body: SignUpBody): Promise<TokenResponse>
  signIn(body: SignInBody): Promise<TokenResponse>
  acceptInvite(body: AcceptInviteBody): Promise<TokenResponse>
  /** For Curfew's own pages: signs in by the code of a link from the product. */
  openPortal(body: PortalBody): Promise<PortalResponse>
  /**
   * For a product that signs people in itself: `work` calls the product's own
   * back end, with plain `fetch`, and has the session's cookie when it resolves.
   * No refresh of any tab is open meanwhile, which might bring the older
   * session's cookie back. Rejects if `work` does, or left no session.
   */
  signInWith(work: () => Promise<unknown>): Promise<void>
  /** Ends the session at the server, then in every tab. If it rejects, the session stands and it can be repeated. */
  signOut(): Promise<void>
  /** Says that the person is here: a refresh that moves the idle deadline. */
  staySignedIn(): Promise<void>
  /** Makes sure of an access token that can be sent. */
  refresh(): Promise<void>
  /** Asks the server whether the session stands, without extending it. */
  check(): Promise<void>
  /** Clears the session here and in the other tabs without a request: it is known to be over. */
  forget(reason: EndReason | null): void
  /** Dismisses the warning of the present deadline, in every tab. */
  dismissWarning(): void
  /**
   * `fetch` for the product's own API: adds the access token for this page's
   * origin, Curfew's, and `tokenOrigins`; refreshes and repeats once on 401,
   * unless the body is a stream.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  /** The server's time in milliseconds since the epoch. */
  serverNow(): number
  /** Listens to an event of any tab. Returns what ends it. */
  on<K extends keyof Events>(event: K, listener: (detail: Events[K]) => void): () => void
}

/** Makes a client. It does nothing by itself until it is started. */
export function createClient(options: ClientOptions = {}): Client {
  const env = environment(options.environment)
  const baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '')
  const page = env.window?.location
  const base = new URL(baseUrl || '/', page?.href ?? 'https://same.invalid')
  const core: Core = {
    env,
    baseUrl,
    name: `curfew:${base.href.replace(/\/$/, '')}`,
    sameOrigin: !page || base.origin === page.origin,
    timeoutMs: options.timeoutMs ?? 10_000,
    state: observable<SessionState>({ status: 'loading', error: null }),
    expiry: observable<Expiry | null>(null),
    events: new EventTarget(),
    look: () => look(core),
    tell(message) {
      post(core, message)
      receive(core, message)
    },
    memory: {},
    known: null,
    epoch: 0,
    newest: 0,
    offset: 0,
    best: Infinity,
    contactAt: 0,
    strikes: 0,
    tries: 0,
    hold: 0,
    told: 0,
    touchedWall: 0,
    touchedMono: 0,
    tellAt: 0,
    reportAt: Infinity,
    edge: Infinity,
    lookedAt: 0,
    apart: 0,
  }
  const { state, expiry } = core
  state.subscribe(core.look)

  const enter = <A extends SessionAnswer>(ask: () => Promise<A>) =>
    alone(core, async () => {
      const answer = await ask()
      forgetNames(core, (session) => session !== answer.session.id)
      // Signing in is no restoring: tell so, whatever was known before.
      if (state.get().status === 'loading') finish(core, null, false)
      adopt(core, knownOf(answer), true)
      return answer
    })
  const enterBy =
    <B, A extends SessionAnswer = TokenResponse>(path: string) =>
    (body: B) =>
      enter(() => http<A>(core, 'POST', `auth/${path}`, tokenShape, { body }))

  const own = {
    signUp: enterBy<SignUpBody>('signup'),
    signIn: enterBy<SignInBody>('login'),
    acceptInvite: enterBy<AcceptInviteBody>('accept-invite'),
    openPortal: enterBy<PortalBody, PortalResponse>('portal'),
    signOut: () =>
      alone(core, async () => {
        await http(core, 'POST', 'auth/logout', 'none', { token: core.known?.access_token })
        finish(core, 'logout', true)
      }),
  }
  const api = createOperations(core, { ...own, refreshSession: () => refresh(core) })

  let opened = false
  return {
    baseUrl,
    session: state,
    expiry,
    api,
    ...own,
    async signInWith(work) {
      await enter(async () => {
        await work()
        return http<SessionAnswer>(core, 'GET', 'auth/session', sessionShape)
      })
    },
    start() {
      if (core.life) return
      // Once in a page's life: mounting anew later is nobody's touch.
      if (!opened && openedByPerson(env)) touch(core)
      opened = true
      open(core)
      watch(core, options.trackInput !== false)
      // Whatever is known: what the other tabs said while it was stopped was not heard.
      checkQuietly(core)
      tick(core)
    },
    stop() {
      core.life?.abort()
      core.life = null
      env.clearTimeout(core.timer)
      close(core)
    },
    async staySignedIn() {
      touch(core)
      const tell = (failed: CurfewErrorLike | null) => {
        const held = expiry.get()
        if (held) expiry.set({ ...held, failed })
      }
      try {
        await refresh(core, reported(core), true)
        tell(null)
      } catch (error) {
        tell(error as CurfewErrorLike)
        throw error
      }
    },
    refresh: () => refresh(core),
    check: () => check(core),
    forget: (reason) => finish(core, reason, true),
    dismissWarning() {
      const held = expiry.get()
      if (held) core.tell({ t: 'dismissed', deadline: held.deadline })
    },
    fetch: createFetch(core, [base.href, page?.href ?? base.href, ...(options.tokenOrigins ?? [])]),
    serverNow: () => serverNow(core),
    on: (event, call) => listen(core.events, event, call),
  }
}
