import { standards } from './standards.gen'
import type { PolicyMinutes } from './types'

/** One row of published timeouts. A number that is null is not set by the standard. */
export interface Standard {
  readonly id: string
  readonly name: string
  readonly idle_minutes_max: number | null
  readonly absolute_minutes_max: number | null
  /** The most for administrators, where it is stricter. */
  readonly privileged_idle_minutes_max: number | null
  /** How binding the numbers are; `unnumbered`: a limit is asked for, and its number left open. */
  readonly force: 'should' | 'shall' | 'required' | 'advice' | 'unnumbered'
  readonly caveat: string
}

/** How a policy's timeouts stand to a standard's numbers. Never says more than the numbers do. */
export interface StandardVerdict extends Standard {
  /** `undecidable`: there is no number, or it depends on who is an administrator. */
  readonly verdict: 'within' | 'over' | 'undecidable'
}

/** Sets a policy's timeouts against the published numbers, in the table's order. */
export function standardsOf(policy: PolicyMinutes): StandardVerdict[] {
  return standards.map((standard: Standard) => ({ ...standard, verdict: judge(standard, policy) }))
}

function judge(standard: Standard, { idle_minutes, absolute_minutes }: PolicyMinutes) {
  const over = (minutes: number, most: number | null) => most !== null && minutes > most
  // A session that ends altogether has no idle time longer than its whole life.
  const idle = Math.min(idle_minutes, absolute_minutes)
  if (over(idle, standard.idle_minutes_max) || over(absolute_minutes, standard.absolute_minutes_max))
    return 'over'
  return standard.force === 'unnumbered' || over(idle, standard.privileged_idle_minutes_max)
    ? 'undecidable'
    : 'within'
}
