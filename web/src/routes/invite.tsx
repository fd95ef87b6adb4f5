import { CurfewError, type Invitation } from '@curfew/client'
import { Bdi, useCurfew, useSession } from '@curfew/react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Go } from '../layout/go'
import { landingPath } from '../layout/landing'
import { Public } from '../layout/public'
import { Waiting } from '../layout/waiting'
import { InviteForm } from '../login/invite-form'
import { LinkNote } from '../login/link-note'
import { useLinkToken } from '../login/link-token'
import { Alert } from '../ui/alert'
import { Email } from '../ui/email'
import { FailureNote } from '../ui/failure'

/** Accepts an invitation to an account. */
export function Invite() {
  const client = useCurfew()
  const session = useSession()
  const token = useLinkToken()
  const [accepted, setAccepted] = useState(false)
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => client.api.getInvitation({ token: token ?? '' }, { signal }),
    enabled: token !== null && !accepted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

  if (accepted && session.status === 'signed-in')
    return <Go to={landingPath(session.user)} title="Your invitation" />
  if (token === null) {
    return (
      <LinkNote
        title="Open the link from your invitation"
        description="This page needs the whole link that you were sent. Open it again, or copy it from beginning to end."
      />
    )
  }
  if (invitation.isPending) return <Waiting title="Your invitation" />
  if (invitation.isError) {
    if (invitation.error instanceof CurfewError && invitation.error.type === 'link-invalid') return <Spent />
    return (
      <Public title="Your invitation">
        <FailureNote
          error={invitation.error}
          onRetry={() => invitation.refetch()}
          busy={invitation.isFetching}
        />
      </Public>
    )
  }
  const signedIn = session.status === 'signed-in' ? session.user.email : null
  return (
    <Public
      title="Join your team"
      banner={
        signedIn ? (
          <Alert tone="info" className="web-banner">
            You are signed in as <Email value={signedIn} />. Accepting this invitation signs you out there.
          </Alert>
        ) : null
      }
    >
      <Terms invitation={invitation.data} />
      <InviteForm token={token} invitation={invitation.data} onAccepted={() => setAccepted(true)} />
    </Public>
  )
}

function Terms({ invitation }: { invitation: Invitation }) {
  return (
    <dl className="web-terms">
      <dt>Account</dt>
      <dd>
        <Bdi>{invitation.account_name}</Bdi>
      </dd>
      <dt>Your role</dt>
      <dd>
        {invitation.role === 'owner'
          ? 'Owner: sets how long sessions last and invites people'
          : 'Member: sees and ends their own sessions'}
      </dd>
      <dt>Email</dt>
      <dd>
        <Email value={invitation.email} />
      </dd>
    </dl>
  )
}

function Spent() {
  return (
    <LinkNote
      title="This invitation does not work any more"
      description="An invitation works once, for 7 days, and only while nobody has taken it back. Ask an owner of the account for a new one. If you have accepted it already, sign in."
    />
  )
}
