import type { Activity } from './activity'
import type { Attempts } from './attempts'
import type { Channel } from './channel'
import type { ServerClock } from './clock'
import { type CurfewError, isEnding } from './errors'
import type { Http } from './http'
import type { Marker } from './marker'
import type { Known, SessionAnswer, Store } from './store'
import type { CurfewErrorLike, EndReason, Environment, Events } from './types'

/** What the client's parts share. */
export interface Core {
  readonly env: Environment
  /** Names this Curfew among the browser's locks, channels and stores. */
  readonly name: string
  readonly sameOrigin: boolean
  readonly http: Http
  readonly clock: ServerClock
  readonly store: Store
  readonly marker: Marker
  readonly attempts: Attempts
  readonly activity: Activity
  readonly channel: Channel
  emit<K extends keyof Events>(event: K, detail: Events[K]): void
}

/**
 * Takes over what the server or another tab said. What this tab learned itself,
 * it tells the others (`own`), if it is news.
 */
export function adopt(core: Core, next: Known, own: boolean): void {
  const { store } = core
  const held = store.known()
  const before = store.state.get()
  if (!store.adopt(next)) return
  if (own && (next.token || store.state.get() !== before)) {
    core.channel.post({ t: 'session', known: next, offset: core.clock.offset() })
  }
  // Finding at the start that somebody is signed in is no sign-in.
  if (before.status !== 'loading' && held?.session.id !== next.session.id) {
    core.emit('signed-in', { userId: next.user.id, accountId: next.account.id })
  }
}

/** Ends the session of this tab and, if this tab is the one that knows (`own`), of the others. */
export function finish(core: Core, reason: EndReason | null, own: boolean): void {
  const { store } = core
  const held = store.known()
  const id = held?.session.id ?? core.marker.session()
  store.end(reason)
  if (own && id) core.channel.post({ t: 'signed-out', id, reason })
  void core.attempts.forget((session) => session === id)
  if (held) core.emit('signed-out', { reason })
}

/**
 * Why the session is over, by the server's refusal. Without a cookie the server
 * knows nothing; if this browser remembers a session, its cookie has run out.
 */
export function endReason(core: Core, error: CurfewError): EndReason | null {
  if (error.problem?.reason) return error.problem.reason
  if (error.type === 'refresh-token-reused') return 'reuse_detected'
  return core.marker.session() ? 'idle' : null
}

/** Asks passively who is signed in: extends nothing, changes nothing at the server. */
export function createCheck(core: Core): { check(): Promise<void>; cancel(): void } {
  let running: Promise<void> | null = null
  let abort = new AbortController()

  async function ask(signal: AbortSignal): Promise<void> {
    const { store } = core
    const epoch = store.epoch()
    try {
      // Without a bearer token: it may have run out, the cookie tells more.
      const { data } = await core.http<SessionAnswer>('GET', '/api/v1/auth/session', 'session', { signal })
      const { session, user, account, server_time } = data
      if (store.epoch() === epoch) {
        adopt(core, { session, user, account, server_time, token: null, until: 0, reached: 0 }, true)
      }
    } catch (error) {
      if (store.epoch() !== epoch) return
      if (isEnding(error)) {
        finish(core, endReason(core, error), true)
        return
      }
      if (!signal.aborted) store.stuck(error as CurfewErrorLike)
      throw error
    }
  }

  return {
    check() {
      if (!running) {
        const mine = ask(abort.signal).finally(() => {
          if (running === mine) running = null
        })
        running = mine
      }
      return running
    },
    cancel() {
      abort.abort()
      abort = new AbortController()
      running = null
    },
  }
}
