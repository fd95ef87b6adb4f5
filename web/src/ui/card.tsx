import { type ReactNode, useId } from 'react'
import { classes } from './classes'

export interface CardProps {
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
    <section className={classes('cf-card', className)} aria-labelledby={title ? id : undefined}>
      {title || actions ? (
        <div className="cf-card-header">
          <div className="cf-card-heading">
            {title ? (
              <h2 className="cf-card-title" id={id}>
                {title}
              </h2>
            ) : null}
            {description ? <p className="cf-card-description">{description}</p> : null}
          </div>
          {actions ? <div className="cf-card-actions">{actions}</div> : null}
        </div>
      ) : null}
      {children}
    </section>
  )
}
