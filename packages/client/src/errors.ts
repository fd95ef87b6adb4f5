import type { CurfewErrorLike, Problem } from './types'

/** What a `CurfewError` knows besides its kind and its words. */
export interface ErrorParts {
  status?: number
  type?: string
  problem?: Problem | null
  retryAfterSeconds?: number | null
  cause?: unknown
}

/** A request that did not give what it was made for. `kind` says who stood in the way. */
export class CurfewError extends Error implements CurfewErrorLike {
  declare readonly kind: CurfewErrorLike['kind']
  declare readonly status: number
  declare readonly type: string
  declare readonly problem: Problem | null
  declare readonly retryAfterSeconds: number | null

  constructor(kind: CurfewErrorLike['kind'], message: string, parts: ErrorParts = {}) {
    super(message, parts)
    const none = { status: 0, type: '', problem: null, retryAfterSeconds: null }
    Object.assign(this, { name: 'CurfewError', kind, ...none, ...parts })
  }
}

/**
 * Whether the server said that the session is over, or that there is none: its
 * refusals that speak of a session or a token. Any other 401, such as a
 * proxy's, ends nothing.
 */
export function isEnding(error: unknown): error is CurfewError {
  return error instanceof CurfewError && error.status === 401 && /session|token/.test(error.type)
}
