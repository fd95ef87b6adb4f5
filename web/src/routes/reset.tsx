import { CurfewError } from '@curfew/client'
import { Bdi, useCurfew } from '@curfew/react'
import { useQuery } from '@tanstack/react-query'
import { Public } from '../layout/public'
import { Waiting } from '../layout/waiting'
import { LinkNote } from '../login/link-note'
import { useLinkToken } from '../login/link-token'
import { ResetForm } from '../login/reset-form'
import { Email } from '../ui/email'
import { FailureNote } from '../ui/failure'

/** Sets a new password with a link from a mail or from an owner. */
export function Reset() {
  const client = useCurfew()
  const token = useLinkToken()
  const reset = useQuery({
    queryKey: ['reset', token],
    queryFn: ({ signal }) => client.api.getReset({ token: token ?? '' }, { signal }),
    enabled: token !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

  if (token === null) {
    return (
      <LinkNote
        title="Open the link that you were sent"
        description="This page needs the whole link to set a new password. Open it again, or copy it from beginning to end."
      />
    )
  }
  if (reset.isPending) return <Waiting title="Set a new password" />
  if (reset.isError) {
    if (reset.error instanceof CurfewError && reset.error.type === 'link-invalid') return <Spent />
    return (
      <Public title="Set a new password">
        <FailureNote error={reset.error} onRetry={() => reset.refetch()} busy={reset.isFetching} />
      </Public>
    )
  }
  return (
    <Public
      title="Set a new password"
      description={
        <>
          For <Bdi className="web-strong">{reset.data.name}</Bdi>
          <br />
          <Email value={reset.data.email} />
        </>
      }
    >
      <ResetForm token={token} email={reset.data.email} />
    </Public>
  )
}

function Spent() {
  return (
    <LinkNote
      title="This link does not work any more"
      description="A link to set a new password works once, for 60 minutes, and only until a newer one is made. Ask for a new one. If your new password is set already, sign in with it."
    />
  )
}
