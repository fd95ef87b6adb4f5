import { CurfewError, type FieldError } from '@curfew/client'

interface ProblemParts {
  title?: string
  detail?: string
  instance?: string
  errors?: FieldError[]
  retryAfter?: number
}

/** The failure that the client throws for a problem of the server. */
export function problem(status: number, type: string, parts: ProblemParts = {}): CurfewError {
  const { title = type, detail = type, instance = 'REQUEST1', errors, retryAfter = null } = parts
  return new CurfewError('problem', title, {
    status,
    type,
    retryAfterSeconds: retryAfter,
    problem: { type: `/problems/${type}`, title, status, detail, instance, errors },
  })
}
