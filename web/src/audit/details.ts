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
  if (action === 'account.bounds_update') return boundsChanges(details, duration)
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
  return [
    ...limits.flatMap(([member, what]) =>
      changed(what, limitIn(details, 'old', member, duration), limitIn(details, 'new', member, duration)),
    ),
    ...changed('Sessions per person', sessionsIn(details, 'old'), sessionsIn(details, 'new')),
    ...changed('At that number', limitActionIn(details, 'old'), limitActionIn(details, 'new')),
  ]
}

const changed = (what: string, before: string, after: string): Change[] =>
  before === after ? [] : [{ what, old: before, new: after }]

/** How many sessions a person may have, in words; of the most that was given, also that. */
function sessionsIn(details: Record<string, unknown>, side: 'old' | 'new'): string {
  const set = countIn(objectIn(details, side) ?? {}, 'max_sessions_per_user')
  const effective = countIn(objectIn(details, `effective_${side}`) ?? {}, 'max_sessions_per_user')
  if (set !== null) return String(set)
  return effective === null ? 'No limit' : `${effective} (the most allowed)`
}

function limitActionIn(details: Record<string, unknown>, side: 'old' | 'new'): string {
  const action = textIn(objectIn(details, side) ?? {}, 'session_limit_action')
  return action === 'refuse_new' ? 'The new sign-in is refused' : 'The session used least recently ends'
}

const bounds = [
  ['idle_minutes_min', 'Idle limit, at least'],
  ['idle_minutes_max', 'Idle limit, at most'],
  ['idle_minutes_default', 'Idle limit, default'],
  ['absolute_minutes_min', 'Maximum session, at least'],
  ['absolute_minutes_max', 'Maximum session, at most'],
  ['absolute_minutes_default', 'Maximum session, default'],
  ['max_sessions_per_user_max', 'Sessions per person, at most'],
] as const

function boundsChanges(details: Record<string, unknown>, duration: DurationWords): Change[] {
  const [before, after] = [objectIn(details, 'old') ?? {}, objectIn(details, 'new') ?? {}]
  return bounds.flatMap(([member, what]) => {
    const words = (side: Record<string, unknown>) => {
      const n = countIn(side, member)
      if (n === null) return 'As for everybody'
      return member === 'max_sessions_per_user_max' ? String(n) : duration(n)
    }
    return changed(what, words(before), words(after))
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
