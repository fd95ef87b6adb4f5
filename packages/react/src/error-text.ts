import type { CurfewErrorLike } from '@curfew/client'
import { CodeMissing } from './arriving'
import type { Texts } from './texts'

/** The client's error, or null for one that is not the client's. */
export function curfewError(error: unknown): CurfewErrorLike | null {
  return error instanceof Error && 'kind' in error ? (error as CurfewErrorLike) : null
}

/** Says in a sentence what stands in the way. */
export function errorText(error: unknown, texts: Texts): string {
  const known = curfewError(error)
  const { errors } = texts
  if (!known) return error instanceof CodeMissing ? errors.code : errors.other
  if (known.kind !== 'problem') return errors[known.kind]
  if (known.status === 403) return errors.forbidden
  if (known.status === 429) return errors.limited(known.retryAfterSeconds)
  if (known.status >= 500) return errors.server(known.problem?.instance ?? String(known.status))
  return known.problem?.detail || errors.other
}

/** Whether the server may have done what was asked although no answer arrived. */
export function isUncertain(error: unknown): boolean {
  return curfewError(error)?.kind !== 'problem'
}
