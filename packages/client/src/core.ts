import type { Settable } from './observable'
import { emit } from './observable'
import type {
  CurfewErrorLike,
  EndReason,
  Environment,
  Events,
  Expiry,
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
export interface Known extends SessionAnswer, Partial<Pick<TokenResponse, 'access_token' | 'expires_in'>> {
  /** When the token is no longer worth sending, by the server's clock. */
  until: number
}

/** What an answer makes known. A token counts as spent shortly before it is. */
export function knownOf(answer: SessionAnswer & Partial<TokenResponse>): Known {
  return { ...answer, until: Date.parse(answer.server_time) + (answer.expires_in ?? 0) * 950 }
}

/** What tabs of one origin tell each other. Nothing of it is ever stored. */
export type Message =
  /** The session as the server last said it, with the access token: after a refresh or a sign-in. */
  | { t: 'session'; known: Known; offset: number }
  /** The session of this id is over. */
  | { t: 'signed-out'; id: string; reason: EndReason | null }
  /** Somebody touched the product at this moment of the device's clock. */
  | { t: 'input'; at: number }
  /** The warning of this deadline was dismissed. */
  | { t: 'dismissed'; deadline: number }
  | { t: 'policy-changed'; etag: string | null }
  /** A sign-in or sign-out begins, so refreshes end; or it is over. */
  | { t: 'hush'; on: boolean }

/** What the client's parts share. Times are milliseconds; those of the forward clock say so. */
export interface Core {
  readonly env: Environment
  readonly baseUrl: string
  /** Names this Curfew among the browser's locks, channels and stores. */
  readonly name: string
  readonly sameOrigin: boolean
  readonly timeoutMs: number
  readonly state: Settable<SessionState>
  readonly expiry: Settable<Expiry | null>
  readonly events: EventTarget
  /** Judges now and plans the next look. */
  readonly look: () => void
  /** Tells the other tabs and this one alike. */
  readonly tell: (message: Message) => void
  /** The line to the other tabs, while it is open. */
  line?: BroadcastChannel | null
  /** Stands in where storage is refused. */
  readonly memory: Record<string, string>

  /** What is known of the session; null while nobody is signed in, or it is not known yet. */
  known: Known | null
  /**
   * Counts sign-ins and sign-outs. Whoever asks the server remembers it and
   * changes nothing if it has moved on: a late answer never undoes a newer one.
   */
  epoch: number
  /** When the newest session that was ever seen here started. */
  newest: number

  /** How far the server's clock is ahead of this device's. */
  offset: number
  /** The round trip of the best sample of it. */
  best: number
  /** When the server last answered, by the forward clock. */
  contactAt: number

  /** The passive question that is open, and what ends it. */
  checking?: Promise<void> | null
  asking?: AbortController
  /** The refresh that is open, and what ends its request. */
  flight?: Promise<void> | null
  post?: AbortController
  /** Pending while another sign-in or sign-out goes on; and what ends that. */
  quiet?: Promise<void> | false
  speak?: () => void
  /** The refresh whose outcome is not known: it must be repeated. */
  owed?: { id: string; generation: number } | null
  /** How often names of rotations could not be had; too often, and there are none. */
  strikes: number

  /** What failed last, how often in a row, and until when (forward clock) nothing is tried by itself. */
  failure?: unknown
  tries: number
  hold: number
  /** Until when the server asked to wait, by the forward clock. */
  told: number

  /** The last touch, by both clocks. */
  touchedWall: number
  touchedMono: number
  /** When the other tabs are told of input again, by the forward clock. */
  tellAt: number
  /** When activity is due to be reported, by the forward clock. */
  reportAt: number

  /** What ends the listening; absent while stopped. */
  life?: AbortController | null
  timer?: unknown
  /** When the verdict changes next, by the server's clock. */
  edge: number
  /** When it was looked last, by the forward clock, and how far the clocks were apart. */
  lookedAt: number
  apart: number
}

/** The server's time in milliseconds since the epoch, as far as it can be known from here. */
export const serverNow = ({ env, offset }: Core) => env.now() + offset

/** How far this device's two clocks are apart. */
export const apart = ({ env }: Core) => env.now() - env.monotonic()

/** Whether they moved apart since: the device has slept, or its clock was set. */
export const jumped = (core: Core, before: number) => Math.abs(apart(core) - before) > 2000

/** Tells the other tabs. */
export function post({ line }: Core, message: Message): void {
  line?.postMessage(message)
}

/** Tells the listeners in this tab. */
export function announce<K extends keyof Events>({ events }: Core, event: K, detail: Events[K]): void {
  emit(events, event, detail)
}

/** How long to wait after this failure; what asks by itself keeps to it. */
export function failed(core: Core, error: unknown): void {
  const now = core.env.monotonic()
  core.failure = error
  // 1 s doubled up to 30 s, spread by a quarter.
  core.hold = now + Math.min(30_000, 1000 * 2 ** core.tries++) * (0.75 + Math.random() / 2)
  core.told = Math.max(core.told, now + ((error as CurfewErrorLike).retryAfterSeconds ?? 0) * 1000)
}

/** Nothing stands in the way any more. */
export function patient(core: Core): void {
  core.tries = core.hold = 0
}

/** Waits so many milliseconds. */
export const pause = ({ env }: Core, ms: number) =>
  new Promise<void>((done) => {
    env.setTimeout(done, ms)
  })

/** For a promise that tells its failure elsewhere. */
export const ignore = () => {}

/**
 * What this browser remembers: the id of the session last seen here and (under
 * `what`) the deadline whose warning was dismissed. Never a token. It tells
 * "nobody was signed in" from "the session's cookie has run out", and keeps a
 * dismissed warning dismissed through a reload.
 */
export function recall({ env, name, memory }: Core, what = ''): string | null {
  try {
    return (env.localStorage as Storage).getItem(name + what)
  } catch {
    return memory[what] ?? null
  }
}

/** Remembers; '' forgets. */
export function remember({ env, name, memory }: Core, value: string, what = ''): void {
  memory[what] = value
  try {
    if (value) env.localStorage?.setItem(name + what, value)
    else env.localStorage?.removeItem(name + what)
  } catch {
    // The memory above has it.
  }
}
