/**
 * Reads members out of an event's details. They come from servers of any
 * version, so nothing is taken for granted.
 */
export function textIn(details: Record<string, unknown>, name: string): string {
  const value = details[name]
  return typeof value === 'string' ? value : ''
}

/** A number; null for anything else. */
export function countIn(details: Record<string, unknown>, name: string): number | null {
  const value = details[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** The objects of a list; none for anything else. */
export function objectsIn(details: Record<string, unknown>, name: string): Record<string, unknown>[] {
  const value = details[name]
  return Array.isArray(value) ? value.filter((v) => typeof v === 'object' && v !== null) : []
}

/** An object with members; null for anything else. */
export function objectIn(details: Record<string, unknown>, name: string): Record<string, unknown> | null {
  const value = details[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

/** One thing that an event changed, from what to what. */
interface Change {
  what: string
  old: string
  new: string
}

/** Puts minutes into words; the pages pass the React package's `duration`. */
type DurationWords = (minutes: number) => string

/** What an event changed, as far as it is known to say so. */
export function changesOf(
  details: Record<string, unknown>,
  action: string,
  duration: DurationWords,
): Change[] {
  if (action === 'account.session_policy_update') return policyChanges(details, duration)
  const [before, after] = [textIn(details, 'old'), textIn(details, 'new')]
  if (!before && !after) return []
  const what = action === 'user.role_change' ? 'Role' : 'Name'
  return [{ what, old: before, new: after }]
}

const limits = [
  ['idle_minutes', 'Idle limit'],
  ['absolute_minutes', 'Maximum session'],
] as const

function policyChanges(details: Record<string, unknown>, duration: DurationWords): Change[] {
  return limits.flatMap(([member, what]) => {
    const [before, after] = [
      limitIn(details, 'old', member, duration),
      limitIn(details, 'new', member, duration),
    ]
    return before === after ? [] : [{ what, old: before, new: after }]
  })
}

/** A limit in words; of one that was left to the default, also that. */
function limitIn(
  details: Record<string, unknown>,
  side: 'old' | 'new',
  member: string,
  duration: DurationWords,
): string {
  const own = objectIn(details, side)
  const effective = countIn(objectIn(details, `effective_${side}`) ?? {}, member)
  const set = countIn(own ?? {}, member)
  if (set !== null) return duration(set)
  return effective === null ? 'Default' : `${duration(effective)} (default)`
}

/** The device an event tells of, in words; '' when it does not. */
export function deviceIn(details: Record<string, unknown>): string {
  const device = objectIn(details, 'device')
  return device ? deviceWords(textIn(device, 'browser'), textIn(device, 'os')) : ''
}

/** A device in words, as far as it is known; '' when it is not. */
export function deviceWords(browser: string, os: string): string {
  if (browser && os) return `${browser} on ${os}`
  return browser || os
}
