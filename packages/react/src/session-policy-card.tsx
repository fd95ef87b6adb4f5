import type { ReactNode } from 'react'
import type { PolicyMinutes } from './types'

/** What `SessionPolicyCard` takes. */
export interface SessionPolicyCardProps {
  /** Told the limits on show, as they would be in force, whenever they move and are valid. */
  onDraft?: (policy: PolicyMinutes) => void
  className?: string
  /** Shown below the comparison with published timeouts. */
  children?: ReactNode
}
export function SessionPolicyCard(_: SessionPolicyCardProps) {
  return null
}
