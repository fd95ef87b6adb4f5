import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Page } from '../ui/page'
import { Mark } from './mark'

interface PublicProps {
  /** The h1 and the document's title. */
  title: string
  description?: ReactNode
  /** Above the title, such as why one is here. */
  banner?: ReactNode
  /** Below the card: quiet links. */
  footer?: ReactNode
  children?: ReactNode
}

/** A page where nobody has to be signed in: one column, one thing to do. */
export function Public({ title, description, banner, footer, children }: PublicProps) {
  return (
    <div className="web-public">
      <header className="web-public-header">
        <Link to="/" className="web-home" aria-label="Curfew, home">
          <Mark />
        </Link>
      </header>
      <main id="main" tabIndex={-1} className="web-public-main">
        {banner}
        <div className="web-public-card">
          <Page title={title} description={description} width="narrow">
            {children}
          </Page>
        </div>
        {footer ? <div className="web-public-footer">{footer}</div> : null}
      </main>
    </div>
  )
}
