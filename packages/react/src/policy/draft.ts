import type { PolicyMinutes, Security, StoredPolicy } from '../types'

/** What the form holds: which radio, and the custom numbers as they were typed. */
export interface Draft {
  readonly choice: string
  /** Kept while another radio is chosen, so that coming back loses nothing. */
  readonly custom: { readonly idle: string; readonly absolute: string } | null
}

/** What is wrong with a field. */
export type Fault = 'missing' | 'whole' | 'range' | 'idleOver'

/** The two fields, by the names of the API's members. */
export type Field = keyof PolicyMinutes

/** The form for a policy as it is stored. */
export function draftOf(security: Security): Draft {
  if (security.presets.some((p) => p.name === security.preset))
    return { choice: security.preset, custom: null }
  return {
    choice: 'custom',
    custom: {
      idle: String(security.idle_minutes ?? security.effective_idle_minutes),
      absolute: String(security.absolute_minutes ?? security.effective_absolute_minutes),
    },
  }
}

/** What a stored policy comes to: defaults for null, the nearest bound, idle at most the whole. */
export function effective(stored: StoredPolicy, s: Security): PolicyMinutes {
  const within = (value: number, min: number, max: number) => Math.min(Math.max(value, min), max)
  const absolute = within(
    stored.absolute_minutes ?? s.absolute_minutes_default,
    s.absolute_minutes_min,
    s.absolute_minutes_max,
  )
  const idle = within(stored.idle_minutes ?? s.idle_minutes_default, s.idle_minutes_min, s.idle_minutes_max)
  return { idle_minutes: Math.min(idle, absolute), absolute_minutes: absolute }
}

/** The numbers that the two fields show. */
export function shown(draft: Draft, security: Security): { idle: string; absolute: string } {
  const preset = security.presets.find((p) => p.name === draft.choice)
  if (!preset) return draft.custom ?? shown(draftOf(security), security)
  const minutes = effective(preset, security)
  return { idle: String(minutes.idle_minutes), absolute: String(minutes.absolute_minutes) }
}

/** The form after another radio was chosen. Custom starts from what was typed, or from what is shown. */
export function choose(draft: Draft, choice: string, security: Security): Draft {
  if (choice !== 'custom') return { ...draft, choice }
  return { choice, custom: draft.custom ?? shown(draft, security) }
}

/** The form after something was typed. */
export function type(draft: Draft, field: Field, text: string, security: Security): Draft {
  const now = draft.custom ?? shown(draft, security)
  return { ...draft, custom: field === 'idle_minutes' ? { ...now, idle: text } : { ...now, absolute: text } }
}

/** Whole minutes, or null. Spaces around, and nothing else, are forgiven. */
export function parse(text: string): number | null {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null
}

/** The policy that the form asks for; null while it is not valid. */
export function wanted(draft: Draft, security: Security): StoredPolicy | null {
  const preset = security.presets.find((p) => p.name === draft.choice)
  if (preset) return { idle_minutes: preset.idle_minutes, absolute_minutes: preset.absolute_minutes }
  if (Object.keys(faults(draft, security)).length > 0) return null
  const { idle, absolute } = shown(draft, security)
  return {
    idle_minutes: keep(parse(idle), security.idle_minutes, security.effective_idle_minutes, security),
    absolute_minutes: keep(
      parse(absolute),
      security.absolute_minutes,
      security.effective_absolute_minutes,
      security,
    ),
  }
}

/** A default that a custom policy inherits stays inherited until its number is changed. */
function keep(
  typed: number | null,
  stored: number | null,
  inForce: number,
  security: Security,
): number | null {
  return security.preset === 'custom' && stored === null && typed === inForce ? null : typed
}

/** What is wrong with the custom numbers. A preset has no faults, and neither has what is stored. */
export function faults(draft: Draft, s: Security): Partial<Record<Field, Fault>> {
  if (s.presets.some((p) => p.name === draft.choice)) return {}
  const texts = shown(draft, s)
  const found: Partial<Record<Field, Fault>> = {}
  const idle = parse(texts.idle)
  const absolute = parse(texts.absolute)
  const idleFault = fault(texts.idle, idle, s.idle_minutes, s.idle_minutes_min, s.idle_minutes_max)
  const absoluteFault = fault(
    texts.absolute,
    absolute,
    s.absolute_minutes,
    s.absolute_minutes_min,
    s.absolute_minutes_max,
  )
  if (idleFault) found.idle_minutes = idleFault
  if (absoluteFault) found.absolute_minutes = absoluteFault
  const changed = idle !== s.idle_minutes || absolute !== s.absolute_minutes
  if (changed && !idleFault && !absoluteFault && idle !== null && absolute !== null && idle > absolute) {
    found.idle_minutes = 'idleOver'
  }
  return found
}

function fault(
  text: string,
  value: number | null,
  stored: number | null,
  min: number,
  max: number,
): Fault | null {
  if (text.trim() === '') return 'missing'
  if (value === null) return 'whole'
  if (value === stored) return null
  return value < min || value > max ? 'range' : null
}

/** The members that differ from what is stored: the server judges only those that are sent. */
export function patchOf(policy: StoredPolicy, security: Security): Partial<StoredPolicy> {
  const patch: Partial<StoredPolicy> = {}
  if (policy.idle_minutes !== security.idle_minutes) patch.idle_minutes = policy.idle_minutes
  if (policy.absolute_minutes !== security.absolute_minutes) patch.absolute_minutes = policy.absolute_minutes
  return patch
}
