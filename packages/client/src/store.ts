import type { Marker } from './marker'
import { observable } from './observable'
import type {
  CurfewErrorLike,
  EndReason,
  Observable,
  Session,
  SessionAccount,
  SessionState,
  SessionUser,
  TokenResponse,
} from './types'

/** What `GET /auth/session` answers. */
export interface SessionAnswer {
  session: Session
  user: SessionUser
  account: SessionAccount
  server_time: string
}

/** A session as the server last said it, with the access token if this browser has one. */
export interface Known extends SessionAnswer {
  token: string | null
  /** When the token is no longer worth sending, by the server's clock. */
  until: number
  /**
   * The generation that this browser's cookie has reached for certain: the one
   * that came with a token. After a lost answer the server's is ahead of it.
   */
  reached: number
}

/** What a refresh or a sign-in makes known. A token counts as spent shortly before it is. */
export function knownOf(answer: TokenResponse): Known {
  const { session, user, account, server_time, access_token, expires_in } = answer
  const life = expires_in * 1000
  const until = Date.parse(server_time) + life - Math.min(10_000, life / 4)
  return { session, user, account, server_time, token: access_token, until, reached: session.generation }
}

/**
 * Holds the session of this tab. Every change goes through here, so that a late
 * answer can never undo a newer one: `epoch` counts sign-ins and sign-outs, and
 * whoever asks the server remembers it and changes nothing if it has moved on.
 */
export interface Store {
  readonly state: Observable<SessionState>
  /** What is known of the session; null while nobody is signed in, or it is not known yet. */
  known(): Known | null
  epoch(): number
  /** Takes over what the server said. False if what is held is as new or newer. */
  adopt(next: Known): boolean
  /** Whether a session that another tab speaks of is newer than every one seen here. */
  isNewer(session: Session): boolean
  end(reason: EndReason | null): void
  /** Says why it is not known yet whether somebody is signed in. */
  stuck(error: CurfewErrorLike): void
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

export function createStore(marker: Marker): Store {
  const state = observable<SessionState>({ status: 'loading', error: null })
  let known: Known | null = null
  let epoch = 0
  let newest = Number.NEGATIVE_INFINITY

  /** Whether `next` tells of an earlier moment of the same session than what is held. */
  function isOlder(next: Known, held: Known): boolean {
    const generations = next.session.generation - held.session.generation
    return (
      generations < 0 || (generations === 0 && Date.parse(next.server_time) < Date.parse(held.server_time))
    )
  }

  return {
    state,
    known: () => known,
    epoch: () => epoch,
    adopt(next) {
      const held = known
      const { session, user, account } = next
      if (held?.session.id === session.id) {
        if (isOlder(next, held)) return false
        const { token, until, reached } = held
        known = next.token ? next : { ...next, token, until, reached }
        const told = (k: Known) => [k.session, k.user, k.account]
        if (same(told(held), told(next))) return true
      } else {
        epoch++
        known = next
        newest = Math.max(newest, Date.parse(session.started_at))
        marker.set(session.id, marker.session() === session.id ? marker.dismissed() : 0)
      }
      state.set({ status: 'signed-in', session, user, account })
      return true
    },
    isNewer: (session) => Date.parse(session.started_at) > newest,
    end(reason) {
      epoch++
      // Another tab may have written down a newer session since.
      if (!known || known.session.id === marker.session()) marker.set(null)
      known = null
      // Who is signed out already keeps the reason that was known first.
      if (state.get().status !== 'signed-out') state.set({ status: 'signed-out', reason })
    },
    stuck(error) {
      if (state.get().status === 'loading') state.set({ status: 'loading', error })
    },
  }
}
