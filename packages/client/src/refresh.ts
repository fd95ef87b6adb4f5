import { adopt, type Core, endReason, finish } from './core'
import { backOff } from './environment'
import { CurfewError, isEnding } from './errors'
import { locked } from './lock'
import { type Known, knownOf } from './store'
import type { TokenResponse } from './types'

/** What a caller of a refresh is after; met, there is nothing to do. */
export type Want = (known: Known) => boolean

export interface Refresher {
  /** Whether the token held can be sent. */
  fresh: Want
  /** Refreshes until `want` is met: one request for all who ask meanwhile. Resolves also when nobody is signed in. */
  refresh(want: Want, human?: boolean): Promise<void>
  /** A sign-in or sign-out begins (here or in another tab) and the open refresh ends, or it is over. */
  hush(on: boolean): void
  /** A refresh whose outcome is not known is due to be repeated at this moment of the forward clock; else null. */
  owedAt(): number | null
  /** Repeats it. */
  settle(): Promise<void>
}

/** The most that the server takes as inactive_seconds: 90 days. */
const longest = 7_776_000

/** How long refreshes stand back for a sign-in or sign-out that is never heard of again. */
const hushTime = 12_000

/** How long to let another tab's message arrive after its lock was let go. */
const handOver = 20

type Step = 'done' | 'again'

export function createRefresher(core: Core, check: () => Promise<void>, onFailure: () => void): Refresher {
  const { env, store, clock, attempts } = core
  let flight: Promise<void> | null = null
  let post: AbortController | null = null
  let quiet: { until: Promise<void>; end: () => void } | null = null
  // What failed last, and until when it is not tried again.
  let failure: unknown
  let tries = 0
  let holdUntil = Number.NEGATIVE_INFINITY
  let toldToWait = false
  let owed: { id: string; generation: number } | null = null

  const fresh: Want = (known) => known.token !== null && clock.now() < known.until
  const met = (want: Want) => {
    const known = store.known()
    return known !== null && want(known)
  }

  /** How long ago somebody touched the product; with nothing known, so long that it extends nothing. */
  const inactiveSeconds = () => Math.min(longest, Math.floor(core.activity.age() / 1000))

  function failed(error: unknown): void {
    const known = error instanceof CurfewError ? error : null
    const told = known?.retryAfterSeconds
    toldToWait = typeof told === 'number'
    holdUntil = env.monotonic() + (toldToWait ? (told ?? 0) * 1000 : backOff(tries))
    tries++
    failure = error
    onFailure()
  }

  function settled(): void {
    tries = 0
    holdUntil = Number.NEGATIVE_INFINITY
    owed = null
  }

  /** One request. `named` is the session and generation believed in. */
  async function send(
    epoch: number,
    named: { id: string; generation: number },
  ): Promise<TokenResponse | null> {
    const abort = new AbortController()
    post = abort
    try {
      const attempt = await attempts.agree(named.id, named.generation)
      if (abort.signal.aborted || store.epoch() !== epoch) return null
      const { id: session_id, generation } = named
      const inactive_seconds = inactiveSeconds()
      const { data } = await core.http<TokenResponse>('POST', '/api/v1/auth/refresh', 'token', {
        body: attempt ? { attempt, session_id, generation, inactive_seconds } : { inactive_seconds },
        signal: abort.signal,
        // A page that goes in the middle must not lose the successor. Only on
        // the same origin: not every browser keeps a request with a preflight.
        keepalive: core.sameOrigin,
      })
      return data
    } catch (error) {
      // Ended for a sign-in or sign-out; repeated with the same attempt if that fails.
      if (abort.signal.aborted) return null
      // Anything but a refusal by Curfew itself may have rotated the token.
      const status = error instanceof CurfewError ? error.status : 0
      if (status !== 429 && status !== 409 && !isEnding(error)) owed = named
      throw error
    } finally {
      if (post === abort) post = null
    }
  }

  async function run(want: Want, human: boolean): Promise<void> {
    if (env.monotonic() < holdUntil && !(human && !toldToWait)) throw failure
    if (!store.known() && store.state.get().status === 'loading') await check()
    const epoch = store.epoch()
    // What the server says the cookie is, when it is not what this tab thought.
    let moved: { id: string; generation: number; under: number } | null = null
    let corrections = 0

    async function step(waited: boolean): Promise<Step> {
      if (waited && !met(want)) await new Promise<void>((done) => env.setTimeout(done, handOver))
      const known = store.known()
      if (store.epoch() !== epoch || !known || want(known)) return 'done'
      const { session } = known
      // What the server says the cookie is goes before what this tab holds (after
      // a lost answer the cookie is behind), until another tab has gone further.
      const named = moved?.under === session.generation ? moved : session
      try {
        const answer = await send(epoch, { id: named.id, generation: named.generation })
        if (!answer) return store.epoch() === epoch ? 'again' : 'done'
        settled()
        void attempts.forget((id, g) => id === answer.session.id && g < answer.session.generation)
        if (store.epoch() === epoch) adopt(core, knownOf(answer), true)
        return 'done'
      } catch (error) {
        const problem =
          error instanceof CurfewError && error.type === 'generation-moved' ? error.problem : null
        if (problem?.session_id && problem.generation !== undefined && corrections++ === 0) {
          moved = { id: problem.session_id, generation: problem.generation, under: session.generation }
          return 'again'
        }
        if (isEnding(error)) {
          settled()
          if (store.epoch() === epoch) finish(core, endReason(core, error), true)
        } else failed(error)
        throw error
      }
    }

    do await quiet?.until
    while (store.epoch() === epoch && (await locked(env, core.name, step)) === 'again')
  }

  function refresh(want: Want, human = false): Promise<void> {
    const start = () => {
      flight = run(want, human).finally(() => {
        flight = null
      })
      return flight
    }
    const needless = () => met(want) || store.state.get().status === 'signed-out'
    if (needless()) return Promise.resolve()
    // An open refresh may have been sent already without what is wanted here;
    // one that began since then is as good as an own one.
    return flight ? flight.then(() => (needless() ? undefined : (flight ?? start()))) : start()
  }

  return {
    fresh,
    refresh,
    hush(on) {
      quiet?.end()
      quiet = null
      if (!on) return
      let end = () => {}
      const until = new Promise<void>((resolve) => {
        end = resolve
      })
      const timer = env.setTimeout(end, hushTime)
      quiet = {
        until,
        end() {
          env.clearTimeout(timer)
          end()
        },
      }
      post?.abort()
    },
    owedAt() {
      const known = store.known()
      // Another tab's rotation, or another session, has settled it.
      if (owed && known?.session.id === owed.id && known.reached <= owed.generation) return holdUntil
      owed = null
      return null
    },
    settle() {
      const debt = owed
      return refresh(({ session, reached }) => session.id !== debt?.id || reached > debt.generation)
    },
  }
}
