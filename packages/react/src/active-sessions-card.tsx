import type { ReceiptKey } from '@curfew/client'
import { useRef, useState } from 'react'
import { useCurfew, useTexts } from './context'
import { personKey } from './person'
import { RevocationBoard } from './revocation-board'
import { RevokeSessionsDialog } from './revoke-sessions-dialog'
import { BulkActions } from './sessions/bulk-actions'
import { PeopleList } from './sessions/people-list'
import { useGone } from './sessions/use-gone'
import { useSignEveryoneOut } from './sessions/use-sign-everyone-out'
import type { Security } from './types'
import { Card } from './ui/card'
import { Loaded } from './ui/loaded'
import { useResource } from './use-resource'
import { useSignedIn } from './use-session'
import { useToast } from './use-toast'

/** What `ActiveSessionsCard` takes. */
export interface ActiveSessionsCardProps {
  /**
   * Called after everyone, the caller included, was signed out and the local session cleared.
   * Hand the receipt, in memory only, to a `RevocationBoard` on your sign-in page.
   */
  onSignedOutEveryone?: (count: number, receipt: ReceiptKey) => void
  /** Called after sessions were ended here while the caller stays: what else shows them is out of date. */
  onEnded?: () => void
  /** How long an access token lives, in minutes, for the dialog's words. 5 by default. */
  ttlMinutes?: number
  className?: string
}

/** Who is signed in to the account, and the ways to end that. For owners. */
export function ActiveSessionsCard({
  onSignedOutEveryone,
  onEnded,
  ttlMinutes = 5,
  className,
}: ActiveSessionsCardProps) {
  const client = useCurfew()
  const texts = useTexts()
  const toast = useToast()
  const signedIn = useSignedIn()
  // Of the person, not of the account: what an owner saw is not for a member who signs in after.
  const list = useResource<Security>(signedIn && personKey(signedIn), (signal) =>
    client.api.getSecurity({ signal }),
  )
  const [asked, setAsked] = useState<'all' | 'others' | null>(null)
  const [receipt, setReceipt] = useState<ReceiptKey | null>(null)
  const leave = useSignEveryoneOut(onSignedOutEveryone)
  const gone = useGone(list)
  const heading = useRef<HTMLHeadingElement>(null)
  const { data } = list
  const userId = signedIn?.user.id ?? ''
  const own = data?.active_users.find((u) => u.user_id === userId)?.session_count ?? null
  const lead = data && summary(data, texts.sessions)

  const ended = () => {
    void list.reload()
    onEnded?.()
  }
  const ask = (scope: 'all' | 'others') => {
    setAsked(scope)
    leave.ask()
    // The dialog's numbers are the server's, not those of a while ago.
    void gone.refetch()
  }
  const done = (count: number, key: ReceiptKey) => {
    const scope = asked
    setAsked(null)
    if (scope === 'all') return leave.run(count, key)
    setReceipt(key)
    toast(texts.sessions.signedOutOthers(count), { tone: 'success' })
    gone.clear()
    ended()
    // The button that was pressed goes when nobody else is left.
    requestAnimationFrame(() => heading.current?.focus())
  }

  return (
    <Card
      icon="people"
      title={texts.sessions.title}
      lead={<span role="status">{lead}</span>}
      from={list}
      className={className}
      headingRef={heading}
    >
      <p role="status" className="cf-gone">
        {data && gone.names.length > 0 && texts.sessions.gone(gone.list)}
      </p>
      <Loaded from={list} failed={texts.sessions.loadFailed} rows={3} className="cf-people-loading">
        {(data) => (
          <PeopleList
            data={data}
            userId={userId}
            onGone={(name) => {
              gone.add(name)
              ended()
            }}
            onEnded={() => {
              ended()
              // The button goes with its row, and must not take the focus along.
              requestAnimationFrame(() => {
                if (document.activeElement === document.body) heading.current?.focus()
              })
            }}
          />
        )}
      </Loaded>
      {(data || list.error !== null) && (
        <BulkActions
          people={data?.active_user_count ?? null}
          own={own}
          off={leave.leaving}
          ask={ask}
          onEndedMine={ended}
        />
      )}
      {receipt && <RevocationBoard key={receipt.id} receipt={receipt} />}
      <RevokeSessionsDialog
        open={asked !== null}
        scope={asked ?? 'others'}
        {...affected(asked, data, own)}
        accountName={signedIn?.account.name ?? ''}
        ttlMinutes={ttlMinutes}
        onClose={() => setAsked(null)}
        onDone={done}
      />
    </Card>
  )
}

/** How many people and sessions a scope takes in, as far as it is known. */
function affected(scope: 'all' | 'others' | null, data: Security | null, own: number | null) {
  if (!data) return { people: null, sessions: null }
  if (scope === 'all') return { people: data.active_user_count, sessions: data.active_session_count }
  return {
    people: Math.max(0, data.active_user_count - 1),
    sessions: own === null ? null : Math.max(0, data.active_session_count - own),
  }
}

function summary(data: Security, texts: ReturnType<typeof useTexts>['sessions']): string {
  const { active_user_count: people, active_session_count: sessions } = data
  if (people === 0) return texts.nobody
  if (people > 1) return texts.summary(people, sessions)
  return sessions > 1 ? texts.onlyYouIn(sessions) : texts.onlyYou
}
