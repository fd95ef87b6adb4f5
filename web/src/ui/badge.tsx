import type { ReactNode } from 'react'
import { classes } from './classes'

interface BadgeProps {
  tone?: 'neutral' | 'info' | 'success' | 'warning' | 'danger'
  className?: string
  children: ReactNode
}

/** One or two words about a thing's state. */
export function Badge({ tone = 'neutral', className, children }: BadgeProps) {
  return <span className={classes('web-badge', `web-badge-${tone}`, className)}>{children}</span>
}
