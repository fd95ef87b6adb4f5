import { type ReactNode, useId } from 'react'
import { classes } from './classes'

interface CardProps {
  title?: ReactNode
  description?: ReactNode
  /** Buttons at the right of the title; below it where there is no room. */
  actions?: ReactNode
  className?: string
  children?: ReactNode
}

/** A named part of a page with one hairline around it. */
export function Card({ title, description, actions, className, children }: CardProps) {
  const id = useId()
  return (
    <section className={classes('web-card', className)} aria-labelledby={title ? id : undefined}>
      {title || actions ? (
        <div className="web-card-header">
          <div className="web-card-heading">
            {title ? (
              <h2 className="web-card-title" id={id}>
                {title}
              </h2>
            ) : null}
            {description ? <p className="web-card-description">{description}</p> : null}
          </div>
          {actions ? <div className="web-card-actions">{actions}</div> : null}
        </div>
      ) : null}
      {children}
    </section>
  )
}
