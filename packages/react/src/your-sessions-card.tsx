import { useRef } from 'react'
import { useCurfew, useFormat, useTexts } from './context'
import { EndOthersButton } from './sessions/end-button'
import { SessionList } from './sessions/session-list'
import { usePages } from './sessions/use-pages'
import { Card } from './ui/card'
import { useSignedIn } from './use-session'

/** What `YourSessionsCard` takes. */
export interface YourSessionsCardProps {
  className?: string
}

/** Where somebody is signed in: each device, with a button to end it, and one for all others. */
export function YourSessionsCard({ className }: YourSessionsCardProps) {
  const { api } = useCurfew()
  const texts = useTexts().yours
  const { duration } = useFormat()
  const signedIn = useSignedIn()
  const heading = useRef<HTMLHeadingElement>(null)
  const pages = usePages(signedIn?.user.id ?? null, (cursor, signal) =>
    api.listMySessions({ status: 'active', cursor }, { signal }),
  )
  // The button that was pressed is gone with what it ended.
  const settle = () => heading.current?.focus()
  const { data } = pages
  const others = data?.items.some((item) => !item.current)
  return (
    <Card
      icon="desktop"
      title={texts.title}
      lead={
        signedIn &&
        texts.lead(duration(signedIn.session.idle_minutes), duration(signedIn.session.absolute_minutes))
      }
      from={pages}
      className={className}
      headingRef={heading}
    >
      <SessionList
        pages={pages}
        label={texts.title}
        failed={texts.loadFailed}
        rows={2}
        className="cf-sessions-loading"
        end={(id) => api.revokeMySession(id)}
        onEnded={settle}
      />
      {data && !others && <p className="cf-hint">{texts.only}</p>}
      {others && (
        <div className="cf-actions">
          <EndOthersButton
            label={texts.endOthers}
            onEnded={() => {
              void pages.reload()
              settle()
            }}
          />
        </div>
      )}
    </Card>
  )
}
