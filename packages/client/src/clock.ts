import type { Environment } from './types'

/** The server's clock, as far as it can be known from here. */
export interface ServerClock {
  /** The server's time in milliseconds since the epoch. */
  now(): number
  /** How far the server's clock is ahead of this device's, in milliseconds. */
  offset(): number
  /** Starts a measurement; the function it gives is told when the answer's head arrived. */
  start(): () => (serverTime: string) => void
  /** Another tab's offset, taken while this one has none: both use the device's clock. */
  hint(offset: number): void
  /** Forgets how good the sample was: the device's clock has jumped. The next sample counts, whatever it took. */
  reset(): void
}

/** A sample older than this no longer keeps slower ones out: clocks drift. */
const sampleAge = 600_000

/** A request that took longer, or during which the clocks moved apart by more, slept on its way. */
const longest = 30_000
const clockGap = 2000

/**
 * Measures the server's clock by the midpoint rule: its time is taken to be
 * that of the middle of the request. The quicker the request, the smaller the
 * error, so a sample that took over 1.5 times as long as the best is dropped. So is one
 * of a request that was on its way while the device slept: nobody knows when in
 * between the server answered.
 */
export function createClock(env: Environment): ServerClock {
  let offset = 0
  let known = false
  let best = Number.POSITIVE_INFINITY
  let bestAt = 0
  return {
    now: () => env.now() + offset,
    offset: () => offset,
    start() {
      const from = env.monotonic()
      const fromWall = env.now()
      return () => {
        const at = env.monotonic()
        const took = at - from
        const middle = env.now() - took / 2
        const slept = took > longest || Math.abs(env.now() - fromWall - took) > clockGap
        return (serverTime) => {
          const server = Date.parse(serverTime)
          if (slept || Number.isNaN(server) || (took > best * 1.5 && at - bestAt < sampleAge)) return
          if (took <= best || at - bestAt >= sampleAge) {
            best = took
            bestAt = at
          }
          offset = server - middle
          known = true
        }
      }
    },
    hint(theirs) {
      if (!known) offset = theirs
    },
    reset() {
      best = Number.POSITIVE_INFINITY
    },
  }
}
