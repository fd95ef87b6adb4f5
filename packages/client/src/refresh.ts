import { age } from './activity'
import { type Core, failed, type Known, knownOf, patient, pause, serverNow } from './core'
import { type CurfewError, isEnding } from './errors'
import { http, tokenShape } from './http'
import { agree, forgetNames } from './names'
import { adopt, check, finishBy, once } from './session'
import type { TokenResponse } from './types'

/** What a caller of a refresh is after; met, there is nothing to do. */
export type Want = (known: Known) => boolean

/** How long to wait for the other tabs, or for a sign-in that is never heard of again. */
const patience = 12_000

/** How long to let another tab's message arrive after its lock was let go. */
const handOver = 20

/** The most that the server takes as inactive_seconds: 90 days. */
const longest = 7_776_000

/**
 * Does `work` while no other tab of this browser does its own, if that can be
 * had in time: the lock saves requests, correctness does not hang on it. So it
 * is never stolen, and `work` goes ahead without it when a holder does not let
 * go or the browser has no locks.
 */
function locked<T>({ env, name }: Core, work: () => Promise<T>): Promise<T> {
  const wait = new AbortController()
  const timer = env.setTimeout(() => wait.abort(), patience)
  let running: Promise<T> | undefined
  const go = () => {
    env.clearTimeout(timer)
    running ??= work()
    return running
  }
  return env.locks ? (env.locks.request(name, { signal: wait.signal }, go) as Promise<T>).catch(go) : go()
}

/** A sign-in or sign-out begins (here or in another tab) and the open refresh ends, or it is over. */
export function hush(core: Core, on: boolean): void {
  core.speak?.()
  core.quiet =
    on &&
    new Promise((done) => {
      core.speak = done
      core.env.setTimeout(done, patience)
    })
  if (on) core.post?.abort()
}

/** Does `work` with no refresh open in any tab. */
export async function alone<T>(core: Core, work: () => Promise<T>): Promise<T> {
  core.tell({ t: 'hush', on: true })
  try {
    return await locked(core, work)
  } finally {
    core.tell({ t: 'hush', on: false })
  }
}

/** Whether the token held can be sent. */
export const fresh = (core: Core) => (known: Known) => !!known.access_token && serverNow(core) < known.until

async function run(core: Core, want: Want, human?: boolean): Promise<void> {
  const { env } = core
  const now = env.monotonic()
  // A person is not made to wait, but where the server asked for it.
  if (now < core.told || (!human && now < core.hold)) throw core.failure
  if (core.state.get().status === 'loading') await check(core)
  // What the server says the cookie is, when it is not what this tab thought.
  let moved: { id: string; generation: number; under: number } | undefined

  /** One request at most; true if it is to be done again. */
  async function step(waited: boolean): Promise<boolean> {
    if (waited && core.known && !want(core.known)) await pause(core, handOver)
    const { known, epoch } = core
    if (!known || want(known)) return false
    // What the server says the cookie is goes before what this tab holds (after
    // a lost answer the cookie is behind), until another tab has gone further.
    const under = known.session.generation
    const { id, generation } = moved?.under === under ? moved : known.session
    core.post = new AbortController()
    const { signal } = core.post
    // Ended for a sign-in or sign-out: repeated with the same name if that fails.
    const ended = () => signal.aborted || core.epoch !== epoch
    try {
      const attempt = await agree(core, id, generation)
      if (ended()) return true
      const answer = await http<TokenResponse>(core, 'POST', 'auth/refresh', tokenShape, {
        body: {
          ...(attempt && { attempt, session_id: id, generation }),
          inactive_seconds: Math.min(longest, Math.floor(age(core) / 1000)),
        },
        signal,
        // A page that goes in the middle must not lose the successor. Only on
        // the same origin: not every browser keeps a request with a preflight.
        keepalive: core.sameOrigin,
      })
      if (core.epoch !== epoch) return true
      patient(core)
      core.owed = null
      const { session } = answer
      forgetNames(core, (each, g) => each === session.id && g < session.generation)
      adopt(core, knownOf(answer), true)
      return false
    } catch (error) {
      if (ended()) return true
      const { kind, status, type, problem } = error as CurfewError
      if (type === 'generation-moved' && !moved && problem?.session_id) {
        moved = { id: problem.session_id, generation: problem.generation ?? 0, under }
        return true
      }
      if (isEnding(error)) finishBy(core, error)
      else {
        // Anything but a refusal by Curfew itself may have rotated the token.
        if (kind !== 'problem' || status >= 500) core.owed = { id, generation }
        failed(core, error)
      }
      throw error
    }
  }

  for (let again = true; again; ) {
    await core.quiet
    const from = env.monotonic()
    again = await locked(core, () => step(env.monotonic() - from > 5))
  }
}

/**
 * Refreshes until `want` is met: one request for all who ask meanwhile.
 * Resolves also when nobody is signed in.
 */
export async function refresh(core: Core, want: Want = fresh(core), human?: boolean): Promise<void> {
  const { known, flight, state } = core
  if (known ? want(known) : state.get().status === 'signed-out') return
  if (flight) {
    // It may have been sent already without what is wanted here.
    await flight
    return refresh(core, want, human)
  }
  return once(core, 'flight', () => run(core, want, human))
}
