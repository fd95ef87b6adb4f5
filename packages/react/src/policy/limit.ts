import type { Security } from '../types'
import { parse } from './draft'

/** What the form holds of the limit on one person's sessions: the number as it was typed, and what happens at it. */
export interface LimitDraft {
  readonly text: string
  readonly action: LimitAction
}

/** What happens when somebody signs in who has as many sessions as they may. */
export type LimitAction = Security['session_limit_action']

/** What happens at the limit, the usual first. */
export const limitActions: readonly LimitAction[] = ['evict_oldest', 'refuse_new']

/** What a save sends of it. */
export type LimitPatch = Partial<Pick<Security, 'max_sessions_per_user' | 'session_limit_action'>>

/** What is wrong with the number. */
export type LimitFault = 'whole' | 'range'

/** The limit as it is stored. */
export const limitOf = (s: Security): LimitDraft => ({
  text: String(s.max_sessions_per_user ?? ''),
  action: s.session_limit_action,
})

const empty = (draft: LimitDraft) => draft.text.trim() === ''

/** What is wrong with the number; nothing is with what is stored, and with none. */
export function limitFault(draft: LimitDraft, s: Security): LimitFault | undefined {
  if (empty(draft)) return
  const number = parse(draft.text)
  if (number === null) return 'whole'
  if (number !== s.max_sessions_per_user && (number < 1 || number > s.max_sessions_per_user_max))
    return 'range'
}

/** What is in force while there is no number: the most that the account may have, or null for no limit. */
export function limitUnset({
  max_sessions_per_user: stored,
  effective_max_sessions_per_user: effective,
  max_sessions_per_user_max: most,
}: Security): number | null {
  const bounded = stored === null ? effective !== null : most < 100
  return bounded ? most : null
}

/** How many sessions a person may have by a valid draft, as it would be in force; null for no limit. */
export function limitInForce(draft: LimitDraft, s: Security): number | null {
  const number = empty(draft) ? null : parse(draft.text)
  return number === null ? limitUnset(s) : Math.min(Math.max(number, 1), s.max_sessions_per_user_max)
}

/** The members that differ from what is stored. */
export function limitPatchOf(draft: LimitDraft, s: Security): LimitPatch {
  const number = empty(draft) ? null : parse(draft.text)
  return {
    ...(number !== s.max_sessions_per_user && { max_sessions_per_user: number }),
    ...(draft.action !== s.session_limit_action && { session_limit_action: draft.action }),
  }
}
