import { type ComponentProps, type ReactNode, type Ref, useId } from 'react'
import type { Resource } from '../use-resource'
import { cx } from './class-names'
import { Icon } from './icons'

interface CardProps {
  icon: ComponentProps<typeof Icon>['name']
  title: string
  lead?: ReactNode
  /** What it shows: busy until that was loaded. */
  from: Resource<unknown>
  className?: string
  children: ReactNode
  /** The heading: takes the focus when what had it is gone. */
  headingRef?: Ref<HTMLHeadingElement>
}

/** One card of a settings page: a labelled section with its heading. */
export function Card({ icon, title, lead, from, className, children, headingRef }: CardProps) {
  const id = useId()
  return (
    <section
      className={cx('cf-card', className)}
      aria-labelledby={id}
      aria-busy={(from.loading && !from.data) || undefined}
    >
      <header className="cf-card-header">
        <span className="cf-card-icon">
          <Icon name={icon} />
        </span>
        <div className="cf-card-heading">
          <h2 className="cf-card-title" id={id} ref={headingRef} tabIndex={-1}>
            {title}
          </h2>
          {lead && <p className="cf-hint">{lead}</p>}
        </div>
      </header>
      {children}
    </section>
  )
}
