import { type ReactNode, useEffect, useRef } from 'react'
import { takeFocus } from '../layout/focus'
import { classes } from './classes'

interface PageProps {
  /** The h1, and the document's title as text. */
  title: string
  /** Shown instead of the title, such as one with a name in it or an icon. */
  heading?: ReactNode
  description?: ReactNode
  /** `settings` is a reading width, `table` takes what there is, `narrow` is for one form. */
  width?: 'settings' | 'table' | 'narrow'
  actions?: ReactNode
  className?: string
  children?: ReactNode
}

/** A page: its title, its one h1 with the focus after a navigation, and its width. */
export function Page({
  title,
  heading,
  description,
  width = 'settings',
  actions,
  className,
  children,
}: PageProps) {
  const h1 = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Curfew`
  }, [title])
  useEffect(() => {
    if (takeFocus()) h1.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div className={classes('web-page', `web-page-${width}`, className)}>
      <div className="web-page-header">
        <div className="web-page-heading">
          <h1 ref={h1} className="web-page-title" tabIndex={-1}>
            {heading ?? title}
          </h1>
          {description ? <p className="web-page-description">{description}</p> : null}
        </div>
        {actions ? <div className="web-page-actions">{actions}</div> : null}
      </div>
      {children}
    </div>
  )
}
