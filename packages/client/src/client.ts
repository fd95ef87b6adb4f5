import { createActivity, openedByPerson } from './activity'
import { createAttempts } from './attempts'
import { createCall, createFetch } from './calls'
import { createChannel, type Message } from './channel'
import { createClock } from './clock'
import { adopt, type Core, createCheck, finish } from './core'
import { environment } from './environment'
import { createHttp, isSession } from './http'
import { locked } from './lock'
import { createMarker } from './marker'
import { observable, tell } from './observable'
import {
  type AcceptInviteBody,
  createOperations,
  type Operations,
  type SignInBody,
  type SignUpBody,
} from './operations'
import { createRefresher } from './refresh'
import { createReporter } from './reporter'
import { createSchedule } from './schedule'
import { createStore, knownOf } from './store'
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

type Listener = { event: keyof Events; call: (detail: never) => void }

/** Makes a client. It does nothing by itself until it is started. */
export function createClient(options: ClientOptions = {}): Client {
  const env = environment(options.environment)
  const baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '')
  const page = env.window?.location
  const origin = page?.origin ?? ''
  const base = new URL(baseUrl || '/', page?.href ?? 'https://same.invalid')
  const name = `curfew:${base.href.replace(/\/$/, '')}`
  const sameOrigin = base.origin === origin

  const listeners = new Set<Listener>()
  const expiry = observable<Expiry | null>(null)
  const clock = createClock(env)
  const marker = createMarker(env, name)
  const core: Core = {
    env,
    name,
    sameOrigin,
    clock,
    marker,
    store: createStore(marker),
    http: createHttp(env, {
      baseUrl,
      credentials: sameOrigin || !page ? 'same-origin' : 'include',
      timeoutMs: options.timeoutMs ?? 10_000,
      clock,
      onContact: () => schedule.contact(),
    }),
    attempts: createAttempts(env, name),
    activity: createActivity(env, () => reporter.input()),
    channel: createChannel(env, name, receive),
    emit(event, detail) {
      for (const { event: wanted, call } of [...listeners]) {
        if (wanted === event) tell(() => call(detail as never))
      }
    },
  }
  const { store, channel, activity } = core
  const { check, cancel } = createCheck(core)
  const refresher = createRefresher(core, check, () => schedule.look())
  const schedule = createSchedule(core, expiry, { check, cancel }, refresher)
  const reporter = createReporter(core, expiry, refresher)
  store.state.subscribe(schedule.look)

  /** What another tab says. */
  function receive(message: Message): void {
    if (message.t === 'session' && isSession(message.known)) {
      const held = store.known()
      const { known, offset } = message
      if (held?.session.id === known.session.id || store.isNewer(known.session)) {
        clock.hint(offset)
        adopt(core, known, false)
        refresher.hush(false)
      }
    } else if (message.t === 'signed-out') {
      const held = store.known()
      if (held && held.session.id === message.id) finish(core, message.reason, false)
      // It speaks of a session that is not this tab's: the server knows better.
      else if (held) check().catch(() => undefined)
    } else if (message.t === 'input') {
      activity.touch(message.at)
    } else if (message.t === 'dismissed') {
      schedule.dismissed(message.deadline)
    } else if (message.t === 'policy-changed') {
      core.emit('policy-changed', { etag: message.etag })
    } else if (message.t === 'hush') {
      refresher.hush(message.on)
    }
  }

  /** Does `work` with no refresh open in any tab. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    channel.post({ t: 'hush', on: true })
    refresher.hush(true)
    try {
      return await locked(env, name, work)
    } finally {
      channel.post({ t: 'hush', on: false })
      refresher.hush(false)
    }
  }

  const enter =
    <B>(path: string) =>
    (body: B) =>
      alone(async () => {
        const { data } = await core.http<TokenResponse>('POST', `/api/v1/auth/${path}`, 'token', { body })
        void core.attempts.forget((session) => session !== data.session.id)
        // Signing in is no restoring: tell so, whatever was known before.
        if (store.state.get().status === 'loading') store.end(null)
        adopt(core, knownOf(data), true)
        return data
      })

  const own = {
    signUp: enter<SignUpBody>('signup'),
    signIn: enter<SignInBody>('login'),
    acceptInvite: enter<AcceptInviteBody>('accept-invite'),
    signOut: () =>
      alone(async () => {
        await core.http('POST', '/api/v1/auth/logout', 'none', { token: store.known()?.token ?? null })
        finish(core, 'logout', true)
      }),
  }
  const refresh = () => refresher.refresh(refresher.fresh)
  const quietly = () => {
    check().catch(() => undefined)
  }
  const api = createOperations(
    createCall(core, refresher),
    { ...own, refreshSession: refresh },
    {
      policy(etag) {
        channel.post({ t: 'policy-changed', etag })
        core.emit('policy-changed', { etag })
        // It may have shortened this very session.
        quietly()
      },
      names: quietly,
    },
  )

  function hide(): void {
    channel.close()
    cancel()
  }

  function show(event: Event): void {
    // Back from the back/forward cache: the world may have moved on.
    channel.open()
    if ((event as PageTransitionEvent).persisted) quietly()
  }

  let running = false
  let opened = false
  return {
    baseUrl,
    session: store.state,
    expiry,
    api,
    ...own,
    start() {
      if (running) return
      running = true
      // Once in a page's life: mounting anew later is nobody's touch.
      if (!opened && openedByPerson(env)) activity.touch()
      opened = true
      channel.open()
      env.window?.addEventListener('pagehide', hide)
      env.window?.addEventListener('pageshow', show)
      if (options.trackInput !== false) activity.listen()
      schedule.start()
    },
    stop() {
      running = false
      env.window?.removeEventListener('pagehide', hide)
      env.window?.removeEventListener('pageshow', show)
      activity.unlisten()
      reporter.stop()
      schedule.stop()
      channel.close()
    },
    async staySignedIn() {
      activity.touch()
      const now = clock.now()
      try {
        await refresher.refresh((known) => Date.parse(known.session.last_active_at) >= now - 1000, true)
        schedule.failed(null)
      } catch (error) {
        if (store.known()) schedule.failed(error as CurfewErrorLike)
        throw error
      }
    },
    refresh,
    check,
    forget(reason) {
      finish(core, reason, true)
    },
    dismissWarning() {
      const deadline = expiry.get()?.deadline
      if (!deadline) return
      schedule.dismissed(deadline)
      channel.post({ t: 'dismissed', deadline })
    },
    fetch: createFetch(
      core,
      refresher,
      [origin, base.origin, ...(options.tokenOrigins ?? []).map((each) => new URL(each).origin)].filter(
        (each) => each && each !== 'null',
      ),
    ),
    serverNow: clock.now,
    on(event, call) {
      const entry: Listener = { event, call }
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
  }
}
