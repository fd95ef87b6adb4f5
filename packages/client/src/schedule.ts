import type { Core } from './core'
import { backOff } from './environment'
import { expiryOf } from './expiry'
import { type Settable, tell } from './observable'
import type { Refresher } from './refresh'
import type { CurfewErrorLike, Expiry } from './types'

/** How often the verdict is looked at anew, in milliseconds. */
const rhythm = 30_000
/** Beyond this gap between ticks, or between the clocks, the device has slept or its clock was set. */
const sleepGap = 60_000
const clockGap = 2000
/** How old the server's last word may be when somebody comes back to the page. */
const wordAge = { 'signed-in': rhythm, 'signed-out': 5000, loading: 0 }

export interface Schedule {
  start(): void
  stop(): void
  /** Judges now and arms the timer for the next look. */
  look(): void
  /** The server has answered. */
  contact(): void
  dismissed(deadline: number): void
  failed(error: CurfewErrorLike | null): void
}

/** Keeps the verdict true: in rhythm, at each edge, and when somebody comes back. */
export function createSchedule(
  core: Core,
  expiry: Settable<Expiry | null>,
  { check, cancel }: { check(): Promise<void>; cancel(): void },
  refresher: Refresher,
): Schedule {
  const { env, clock, store, marker } = core
  let running = false
  let timer: unknown
  let lastWall = 0
  let lastMono = 0
  let contactAt = Number.NEGATIVE_INFINITY
  let tries = 0
  let askAt = 0
  let failure: CurfewErrorLike | null = null
  let ends: (() => void)[] = []

  /** Publishes the verdict; gives the milliseconds to its next edge. */
  function judge(): number {
    const known = store.known()
    if (!known) {
      failure = null
      expiry.set(null)
      return Number.POSITIVE_INFINITY
    }
    const now = clock.now()
    const { warning, reason, deadline, nextEdge } = expiryOf(known.session, now)
    const held = expiry.get()
    if (held && held.deadline !== deadline) failure = null
    let localDeadline = deadline - clock.offset()
    // Each sample moves it by a little: not worth drawing the page again.
    if (held?.deadline === deadline && Math.abs(held.localDeadline - localDeadline) < 1000) {
      localDeadline = held.localDeadline
    }
    const next = {
      warning,
      reason,
      deadline,
      localDeadline,
      dismissed: marker.dismissed() === deadline,
      failed: failure,
    }
    if (!held || (Object.keys(next) as (keyof Expiry)[]).some((key) => next[key] !== held[key]))
      expiry.set(next)
    return nextEdge === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil(nextEdge - now))
  }

  /** Nobody may know yet who is signed in, or the deadline has passed: only the server can say. */
  const unsure = () => store.state.get().status === 'loading' || expiry.get()?.warning === 'now'

  function arm(edge: number): void {
    env.clearTimeout(timer)
    if (!running) return
    const owed = refresher.owedAt()
    const until = (at: number) => Math.max(1, at - env.monotonic())
    const wait = Math.min(
      rhythm,
      edge,
      unsure() ? until(askAt) : rhythm,
      owed === null ? rhythm : until(owed),
    )
    timer = env.setTimeout(() => tick(false), wait)
  }

  function ask(): void {
    // Not again before the answer, or before it is plain that none comes.
    askAt = Number.POSITIVE_INFINITY
    const done = () => {
      const edge = judge()
      askAt = unsure() ? env.monotonic() + backOff(tries++) : 0
      if (!askAt) tries = 0
      arm(edge)
    }
    check().then(done, done)
  }

  /** `back`: somebody came back to the page, or the network did. */
  function tick(back: boolean): void {
    const wall = env.now()
    const mono = env.monotonic()
    const gap = wall - lastWall
    const jumped = Math.abs(gap - (mono - lastMono)) > clockGap
    lastWall = wall
    lastMono = mono
    if (jumped) clock.reset()
    const { status } = store.state.get()
    // Browsers slow the timers of hidden pages down to about this gap, and
    // nobody looks at them.
    const slept = jumped || (gap > sleepGap && env.document?.visibilityState !== 'hidden')
    const wake = (slept && status === 'signed-in') || (back && mono - contactAt >= wordAge[status])
    // After a sleep the server speaks first, then the verdict.
    const edge = slept && status === 'signed-in' ? rhythm : judge()
    if (back) tries = 0
    // A question that was on its way tells of the time before the sleep.
    if (wake && slept) cancel()
    if (wake || (unsure() && mono >= askAt)) ask()
    const owed = refresher.owedAt()
    if (owed !== null && (mono >= owed || back)) refresher.settle().then(look, look)
    arm(edge)
  }

  function look(): void {
    arm(judge())
  }

  function on(target: EventTarget | undefined, names: string[], heard: (event: Event) => void): void {
    for (const name of names) {
      target?.addEventListener(name, heard)
      ends.push(() => target?.removeEventListener(name, heard))
    }
  }

  return {
    start() {
      running = true
      lastWall = env.now()
      lastMono = env.monotonic()
      askAt = 0
      const back = () => {
        if (env.document?.visibilityState !== 'hidden') tick(true)
      }
      on(env.window, ['pageshow', 'focus', 'online'], back)
      on(env.document, ['visibilitychange', 'resume'], back)
      ask()
      look()
    },
    stop() {
      running = false
      env.clearTimeout(timer)
      for (const end of ends) tell(end)
      ends = []
    },
    look,
    contact() {
      contactAt = env.monotonic()
    },
    dismissed(deadline) {
      const known = store.known()
      if (known) marker.set(known.session.id, deadline)
      look()
    },
    failed(error) {
      failure = error
      look()
    },
  }
}
