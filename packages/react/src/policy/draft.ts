import type { PolicyMinutes, Security, StoredPolicy } from '../types'
import type { LimitDraft } from './limit'

/** The two fields, by the names of the API's members, in their order. */
export const fields = ['idle_minutes', 'absolute_minutes'] as const

/** One of the two fields. */
export type Field = (typeof fields)[number]

/** Makes something for each of the two fields. */
export function each<T>(make: (field: Field) => T): Record<Field, T> {
  return { idle_minutes: make('idle_minutes'), absolute_minutes: make('absolute_minutes') }
}

/** What the form holds: which radio, and the custom numbers as they were typed. */
export interface Draft {
  readonly choice: string
  /** Kept while another radio is chosen, so that coming back loses nothing. */
  readonly custom: Readonly<Record<Field, string>> | null
  /** The limit on one person's sessions, once it was edited. */
  readonly limit?: LimitDraft
}

/** What is wrong with a field. */
export type Fault = 'missing' | 'whole' | 'range' | 'idleOver'

const presetOf = (choice: string, security: Security) => security.presets.find((p) => p.name === choice)

/** The limits in force. */
export const inForce = (security: Security): PolicyMinutes =>
  each((field) => security[`effective_${field}` as const])

/** The form for a policy as it is stored. */
export function draftOf(security: Security): Draft {
  if (presetOf(security.preset, security)) return { choice: security.preset, custom: null }
  return { choice: 'custom', custom: each((field) => String(security[field] ?? inForce(security)[field])) }
}

/** What a stored policy comes to: defaults for null, the nearest bound, idle at most the whole. */
export function effective(stored: StoredPolicy, s: Security): PolicyMinutes {
  const { idle_minutes, absolute_minutes } = each((field) => {
    const minutes = stored[field] ?? s[`${field}_default` as const]
    return Math.min(Math.max(minutes, s[`${field}_min` as const]), s[`${field}_max` as const])
  })
  return { idle_minutes: Math.min(idle_minutes, absolute_minutes), absolute_minutes }
}

/** The numbers that the two fields show. */
export function shown(draft: Draft, security: Security): Readonly<Record<Field, string>> {
  const preset = presetOf(draft.choice, security)
  if (!preset) return draft.custom ?? shown(draftOf(security), security)
  const minutes = effective(preset, security)
  return each((field) => String(minutes[field]))
}

/** The form after another radio was chosen. Custom starts from what was typed, or from what is shown. */
export function choose(draft: Draft, choice: string, security: Security): Draft {
  return {
    ...draft,
    choice,
    custom: choice === 'custom' ? (draft.custom ?? shown(draft, security)) : draft.custom,
  }
}

/** The form after something was typed. */
export function type(draft: Draft, field: Field, text: string, security: Security): Draft {
  return { ...draft, custom: { ...(draft.custom ?? shown(draft, security)), [field]: text } }
}

/** Whole minutes, or null. Spaces around, and nothing else, are forgiven. */
export function parse(text: string): number | null {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null
}

/** The policy that the form asks for; null while it is not valid. */
export function wanted(draft: Draft, security: Security): StoredPolicy | null {
  const preset = presetOf(draft.choice, security)
  if (preset) return each((field) => preset[field])
  if (Object.keys(faults(draft, security)).length > 0) return null
  return each((field) => {
    const minutes = parse(shown(draft, security)[field])
    // A default that a custom policy inherits stays inherited until its number is changed.
    const inherited = security.preset === 'custom' && security[field] === null
    return inherited && minutes === inForce(security)[field] ? null : minutes
  })
}

/** What is wrong with the custom numbers. A preset has no faults, and neither has what is stored. */
export function faults(draft: Draft, s: Security): Partial<Record<Field, Fault>> {
  const found: Partial<Record<Field, Fault>> = {}
  if (presetOf(draft.choice, s)) return found
  const texts = shown(draft, s)
  const minutes = each((field) => parse(texts[field]))
  for (const field of fields) {
    const value = minutes[field]
    if (value === s[field] && value !== null) continue
    if (value === null) found[field] = texts[field].trim() ? 'whole' : 'missing'
    else if (value < s[`${field}_min` as const] || value > s[`${field}_max` as const]) found[field] = 'range'
  }
  const { idle_minutes: idle, absolute_minutes: absolute } = minutes
  const changed = fields.some((field) => minutes[field] !== s[field])
  // A number that is not one is a fault already.
  if (changed && !found.idle_minutes && !found.absolute_minutes && Number(idle) > Number(absolute))
    found.idle_minutes = 'idleOver'
  return found
}

/** The members that differ from what is stored: the server judges only those that are sent. */
export function patchOf(policy: StoredPolicy, security: Security): Partial<StoredPolicy> {
  return Object.fromEntries(
    fields.filter((field) => policy[field] !== security[field]).map((field) => [field, policy[field]]),
  )
}
