import { useEffect } from 'react'
import { useCurfew, useTexts } from '../context'
import { isolate } from '../format'
import type { ActiveUser, SessionItem } from '../types'
import { Failure } from '../ui/failure'
import { Skeleton } from '../ui/skeleton'
import { useLatest } from '../ui/use-latest'
import { useToast } from '../use-toast'
import { EndButton } from './end-button'
import { SessionList } from './session-list'
import { useDeviceText } from './session-row'
import { usePages } from './use-pages'

interface PersonSessionsProps {
  person: ActiveUser
  onGone: () => void
  onEnded: () => void
}

/** The open sessions of one person, each with a button to end it. */
export function PersonSessions({ person, onGone, onEnded }: PersonSessionsProps) {
  const client = useCurfew()
  const texts = useTexts()
  const name = isolate(person.name)
  const pages = usePages(person.user_id, (cursor, signal) =>
    client.api.listSessions({ user_id: person.user_id, status: 'active', cursor }, { signal }),
  )
  const end = useEndSession(pages.drop, onEnded)
  const deviceText = useDeviceText()
  const gone = pages.data !== null && pages.items.length === 0 && !pages.loading
  const tell = useLatest(onGone)
  useEffect(() => {
    if (gone) tell.current()
  }, [gone, tell])

  if (pages.data) {
    return (
      <div className="cf-person-sessions">
        <SessionList
          pages={pages}
          label={texts.sessions.countOf(person.session_count, name)}
          action={(session) => (
            <EndButton
              label={session.current ? texts.session.signOut : texts.session.end}
              name={
                session.current
                  ? texts.session.signOut
                  : texts.session.endOf(isolate(deviceText(session)), name)
              }
              end={() => end(session, name)}
            />
          )}
        />
      </div>
    )
  }
  if (pages.error === null) return <Skeleton rows={1} className="cf-person-sessions" />
  return <Failure says={texts.sessions.detailFailed} error={pages.error} retry={pages.reload} />
}

/** Ends a session of the account. The caller's own is signed out, like by the page's own button. */
function useEndSession(drop: (id: string) => void, onEnded: () => void) {
  const client = useCurfew()
  const texts = useTexts().session
  const toast = useToast()
  const deviceText = useDeviceText()
  return async (session: SessionItem, name: string) => {
    if (session.current) return client.signOut()
    await client.api.revokeSession(session.id)
    drop(session.id)
    toast(texts.endedOf(isolate(deviceText(session)), name), { tone: 'success' })
    onEnded()
  }
}
