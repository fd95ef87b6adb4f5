import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes'

/** What an alert means; never a matter of taste. */
type Tone = 'info' | 'success' | 'warning' | 'danger'

const icons = { info: Info, success: CircleCheck, warning: TriangleAlert, danger: CircleAlert }

interface AlertProps {
  tone?: Tone
  title?: ReactNode
  /**
   * `alert` for failures that come while somebody waits, `status` for good news;
   * leave it out for what stands there from the beginning.
   */
  role?: 'alert' | 'status'
  /** Buttons below the words. */
  actions?: ReactNode
  className?: string
  children?: ReactNode
}

/** A message within the page, with an icon and words. */
export function Alert({ tone = 'info', title, role, actions, className, children }: AlertProps) {
  const Icon = icons[tone]
  return (
    <div className={classes('web-alert', `web-alert-${tone}`, className)} role={role}>
      <Icon className="web-alert-icon" aria-hidden="true" size={20} strokeWidth={1.75} />
      <div className="web-alert-body">
        {title ? <p className="web-alert-title">{title}</p> : null}
        {children ? <div className="web-alert-text">{children}</div> : null}
        {actions ? <div className="web-alert-actions">{actions}</div> : null}
      </div>
    </div>
  )
}
