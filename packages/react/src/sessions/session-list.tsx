import { type ReactNode, useId } from 'react'
import { useTexts } from '../context'
import type { SessionItem } from '../types'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { SessionRow } from './session-row'
import type { Pages } from './use-pages'

interface SessionListProps {
  pages: Pages
  label: string
  action: (session: SessionItem) => ReactNode
}

/** Sessions with what ends each, and the button for more of them. */
export function SessionList({ pages, label, action }: SessionListProps) {
  const texts = useTexts()
  const id = useId()
  return (
    <>
      <ul className="cf-session-list" id={id} aria-label={label}>
        {pages.items.map((session) => (
          <SessionRow key={session.id} session={session} action={action(session)} />
        ))}
      </ul>
      {pages.moreError !== null && <Failure error={pages.moreError} />}
      {pages.more && (
        <Button look="quiet" off={pages.loadingMore} onClick={() => void pages.more?.()} aria-controls={id}>
          {pages.loadingMore ? texts.common.loading : texts.common.showMore}
        </Button>
      )}
    </>
  )
}
