import type { ReactNode } from 'react'
import type { Tone } from '../toast-store'
import { cx } from './class-names'
import { Icon } from './icons'

interface NoticeProps {
  tone: Tone
  /** `alert` for failures, `status` for the rest; none where it is read in its place anyway. */
  role?: 'alert' | 'status'
  children: ReactNode
  /** Buttons under the words. */
  actions?: ReactNode
  className?: string
}

/** A box with an icon and words: information, success, warning or danger. */
export function Notice({ tone, role, children, actions, className }: NoticeProps) {
  return (
    <div className={cx('cf-notice', `cf-${tone}`, className)}>
      <Icon name={tone} />
      <div className="cf-notice-body">
        <div role={role}>{children}</div>
        {actions && <div className="cf-actions">{actions}</div>}
      </div>
    </div>
  )
}
