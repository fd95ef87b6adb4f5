import { useRef } from 'react'
import { useCurfew, useFormat, useTexts } from './context'
import { isolate } from './format'
import { EndButton } from './sessions/end-button'
import { ListState } from './sessions/list-state'
import { SessionList } from './sessions/session-list'
import { useDeviceText } from './sessions/session-row'
import { usePages } from './sessions/use-pages'
import type { SessionItem } from './types'
import { Card } from './ui/card'
import { Skeleton } from './ui/skeleton'
import { useSession } from './use-session'
import { useToast } from './use-toast'

/** What `YourSessionsCard` takes. */
export interface YourSessionsCardProps {
  className?: string
}

/** Where somebody is signed in: each device, with a button to end it, and one for all others. */
export function YourSessionsCard({ className }: YourSessionsCardProps) {
  const client = useCurfew()
  const texts = useTexts()
  const format = useFormat()
  const toast = useToast()
  const deviceText = useDeviceText()
  const session = useSession()
  const signedIn = session.status === 'signed-in' ? session : null
  const heading = useRef<HTMLHeadingElement>(null)
  const pages = usePages(signedIn?.user.id ?? null, (cursor, signal) =>
    client.api.listMySessions({ status: 'active', cursor }, { signal }),
  )

  const end = async (item: SessionItem) => {
    if (item.current) return client.signOut()
    await client.api.revokeMySession(item.id)
    pages.drop(item.id)
    toast(texts.session.ended(isolate(deviceText(item))), { tone: 'success' })
    heading.current?.focus()
  }
  const endOthers = async () => {
    const { revoked_count } = await client.api.revokeMyOtherSessions()
    toast(texts.yours.endedOthers(revoked_count), { tone: 'success' })
    void pages.reload()
    heading.current?.focus()
  }

  const others = pages.items.some((item) => !item.current)
  return (
    <Card
      icon="desktop"
      title={texts.yours.title}
      lead={
        signedIn &&
        texts.yours.lead(
          format.duration(signedIn.session.idle_minutes),
          format.duration(signedIn.session.absolute_minutes),
        )
      }
      busy={pages.loading && !pages.data}
      className={className}
      headingRef={heading}
    >
      <ListState list={pages} failed={texts.yours.loadFailed} stale={texts.yours.reloadFailed} />
      {pages.data ? (
        <SessionList
          pages={pages}
          label={texts.yours.title}
          action={(item) => (
            <EndButton
              label={item.current ? texts.session.signOut : texts.session.end}
              name={item.current ? texts.session.signOut : texts.session.endOn(isolate(deviceText(item)))}
              end={() => end(item)}
            />
          )}
        />
      ) : (
        pages.error === null && <Skeleton rows={2} className="cf-sessions-loading" />
      )}
      {pages.data && !others && <p className="cf-hint">{texts.yours.only}</p>}
      {others && (
        <div className="cf-actions">
          <EndButton label={texts.yours.endOthers} end={endOthers} />
        </div>
      )}
    </Card>
  )
}
