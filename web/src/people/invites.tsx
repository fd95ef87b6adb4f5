import type { Invite } from '@curfew/client'
import { Bdi, useToast } from '@curfew/react'
import { Ago, unturned } from '@curfew/react/internal'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { client } from '../client'
import { itemsOf } from '../queries/pages'
import { invitesQuery } from '../queries/people'
import { Button } from '../ui/button'
import { Card } from '../ui/card'
import { Dialog } from '../ui/dialog'
import { FailureNote } from '../ui/failure'
import { Skeleton } from '../ui/skeleton'
import { useReturnFocus } from './return-focus'
import { Until } from './until'

/** The invitations that nobody has accepted yet. */
export function Invites() {
  const cache = useQueryClient()
  const toast = useToast()
  const invites = useInfiniteQuery(invitesQuery)
  const [leaving, setLeaving] = useState<Invite | null>(null)
  const heading = useRef<HTMLDivElement>(null)

  const back = (words: string) => {
    setLeaving(null)
    toast(words, { tone: 'success' })
    // The button that had the focus goes with its row.
    heading.current?.focus()
    void cache.invalidateQueries({ queryKey: invitesQuery.queryKey })
  }
  const items = itemsOf(invites.data)
  return (
    <div ref={heading} tabIndex={-1} className="people-invites">
      <Card title="Open invitations" description="A link works once, for 7 days.">
        {invites.isPending ? (
          <Skeleton lines={2} height={96} label="Loading the invitations" />
        ) : invites.isError && !invites.data ? (
          <FailureNote error={invites.error} onRetry={invites.refetch} busy={invites.isFetching} />
        ) : items.length === 0 ? (
          <p className="people-quiet">Nobody is invited at the moment.</p>
        ) : (
          <ul className="people-list">
            {items.map((invite) => (
              <li key={invite.id} className="people-invite">
                <span className="people-invite-who">
                  <Bdi className="people-cut" title={unturned(invite.email)}>
                    {invite.email}
                  </Bdi>
                  <span className="people-quiet">
                    {invite.role === 'owner' ? 'Owner' : 'Member'} · invited <Ago iso={invite.created_at} /> ·
                    until <Until iso={invite.expires_at} />
                  </span>
                </span>
                <Button variant="quiet" onClick={() => setLeaving(invite)}>
                  Take back
                  <span className="sr-only">
                    {' '}
                    the invitation of <Bdi>{invite.email}</Bdi>
                  </span>
                </Button>
              </li>
            ))}
          </ul>
        )}
        {invites.hasNextPage ? (
          <Button className="mt-4" busy={invites.isFetchingNextPage} onClick={() => invites.fetchNextPage()}>
            {invites.isFetchingNextPage ? 'Loading…' : 'Load more'}
          </Button>
        ) : null}
        {invites.isFetchNextPageError ? <FailureNote className="mt-4" error={invites.error} /> : null}
      </Card>
      {leaving ? <TakeBack invite={leaving} onClose={() => setLeaving(null)} onDone={back} /> : null}
    </div>
  )
}

interface TakeBackProps {
  invite: Invite
  onClose: () => void
  onDone: (words: string) => void
}

function TakeBack({ invite, onClose, onDone }: TakeBackProps) {
  useReturnFocus()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const run = async () => {
    setBusy(true)
    setError(null)
    try {
      await client.api.deleteInvite(invite.id)
      onDone('The invitation is taken back.')
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      role="alertdialog"
      title="Take back this invitation?"
      description={
        <p>
          The link for <Bdi className="wrap-anywhere">{invite.email}</Bdi> stops working. You can invite them
          again later.
        </p>
      }
      locked={busy}
      onClose={onClose}
      actions={
        <>
          <Button disabled={busy} onClick={onClose}>
            Cancel
          </Button>
          <Button variant="danger" busy={busy} onClick={run}>
            {busy ? 'Taking back…' : 'Take back'}
          </Button>
        </>
      }
    >
      {error ? <FailureNote error={error} /> : null}
    </Dialog>
  )
}
