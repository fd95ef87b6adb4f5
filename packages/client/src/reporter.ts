import type { Core } from './core'
import { backOff } from './environment'
import type { Refresher } from './refresh'
import type { Expiry, Observable } from './types'

/** How often at most the other tabs are told of input, in milliseconds. */
const tellEvery = 5000

/** For so long after the first input an idle warning stays, so that its button does not go from under the pointer. */
const grace = 5000

/** Reports the person's activity to the server while somebody is active. */
export interface Reporter {
  /** Somebody touched this page. */
  input(): void
  stop(): void
}

export function createReporter(
  core: Core,
  expiry: Observable<Expiry | null>,
  refresher: Refresher,
): Reporter {
  const { env, store, clock, activity, channel } = core
  let told = Number.NEGATIVE_INFINITY
  let timer: unknown
  let pending = false
  let tries = 0
  let notBefore = 0

  /** How long the report of activity just now may wait. */
  function delay(): number {
    const known = store.known()
    if (!known) return 0
    const { idle_minutes, last_active_at } = known.session
    const every = Math.min(60_000, (idle_minutes * 60_000) / 4)
    const due = Math.min(every, Math.max(0, Date.parse(last_active_at) + every - clock.now()))
    const warning = expiry.get()
    if (warning?.warning !== 'soon' || warning.reason !== 'idle') return due
    return Math.max(due, Math.min(grace, (warning.deadline - clock.now()) / 2))
  }

  function plan(): void {
    pending = true
    timer = env.setTimeout(report, Math.max(delay(), notBefore - env.monotonic()))
  }

  async function report(): Promise<void> {
    const touched = clock.now() - activity.age()
    try {
      await refresher.refresh(({ session }) => Date.parse(session.last_active_at) >= touched - 1000)
      tries = 0
      pending = false
    } catch {
      notBefore = env.monotonic() + backOff(tries++)
      if (pending && store.known()) plan()
      else pending = false
    }
  }

  return {
    input() {
      const mono = env.monotonic()
      if (mono - told >= tellEvery) {
        told = mono
        channel.post({ t: 'input', at: env.now() })
      }
      // One report at a time, of the last touch when it goes: the person's
      // own, not the timer's.
      if (!pending && store.known()) plan()
    },
    stop() {
      env.clearTimeout(timer)
      pending = false
    },
  }
}
