import { useEffect } from 'react'
import { useCurfew, useTexts } from '../context'
import type { ActiveUser } from '../types'
import { isolate } from '../ui/bdi'
import { useLatest } from '../ui/use-latest'
import { SessionList } from './session-list'
import { usePages } from './use-pages'

interface PersonSessionsProps {
  person: ActiveUser
  /** They have no session open any more. */
  onGone: () => void
  /** One of their sessions was ended. */
  onEnded: () => void
}

/** The open sessions of one person, each with a button to end it. */
export function PersonSessions({ person, onGone, onEnded }: PersonSessionsProps) {
  const { api } = useCurfew()
  const texts = useTexts().sessions
  const name = isolate(person.name)
  const pages = usePages(person.user_id, (cursor, signal) =>
    api.listSessions({ user_id: person.user_id, status: 'active', cursor }, { signal }),
  )
  const gone = pages.data?.items.length === 0 && !pages.loading
  const tell = useLatest(onGone)
  useEffect(() => {
    if (gone) tell.current()
  }, [gone, tell])

  return (
    <div className="cf-person-sessions">
      <SessionList
        pages={pages}
        label={texts.countOf(person.session_count, name)}
        failed={texts.detailFailed}
        rows={1}
        of={name}
        end={(id) => api.revokeSession(id)}
        onEnded={onEnded}
      />
    </div>
  )
}
