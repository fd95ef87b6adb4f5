import { standards } from './standards.gen'
import type { PolicyMinutes } from './types'

/** One row of published timeouts. A number that is null is not set by the standard. */
export interface Standard {
  readonly id: string
  readonly name: string
  readonly absolute_minutes_max: number | null
  readonly idle_minutes_max: number | null
  /** The most for people with privileges, where it is stricter. */
  readonly privileged_idle_minutes_max?: number | null
  /** How binding the numbers are, such as `shall`, `should` or `advice`. */
  readonly force: string
  readonly caveat: string
}

/** How a policy's timeouts stand to a standard's numbers. Never says more than the numbers do. */
export interface StandardVerdict extends Standard {
  /** `undecidable`: the standard has no number, so no timeout can decide it. */
  readonly verdict: 'within' | 'over' | 'undecidable'
}

/** The idle number that decides: one policy holds for everyone, so the strictest does. */
export function idleMost(standard: Standard): number | null {
  const most = [standard.idle_minutes_max, standard.privileged_idle_minutes_max ?? null]
  const numbers = most.filter((n): n is number => n !== null)
  return numbers.length > 0 ? Math.min(...numbers) : null
}

/** Sets a policy's timeouts against the published numbers, in the table's order. */
export function standardsOf(policy: PolicyMinutes): StandardVerdict[] {
  return standards.map((standard: Standard) => ({ ...standard, verdict: judge(standard, policy) }))
}

function judge(standard: Standard, policy: PolicyMinutes): StandardVerdict['verdict'] {
  const idle = idleMost(standard)
  const absolute = standard.absolute_minutes_max
  if (idle === null && absolute === null) return 'undecidable'
  // A session that ends altogether has no idle time longer than its whole life.
  const idleNow = Math.min(policy.idle_minutes, policy.absolute_minutes)
  if (idle !== null && idleNow > idle) return 'over'
  return absolute !== null && policy.absolute_minutes > absolute ? 'over' : 'within'
}
