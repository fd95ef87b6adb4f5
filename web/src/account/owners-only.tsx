import { Bdi, useSession } from '@curfew/react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { accountQuery } from '../queries/account'
import { Alert } from '../ui/alert'
import { FailureNote } from '../ui/failure'
import { Page } from '../ui/page'
import { Skeleton } from '../ui/skeleton'
import './account.css'

interface OwnersOnlyProps {
  /** The page's title, which a member sees too. */
  title: string
  /** What the page is for, in a sentence for those who may not use it. */
  what: string
  children: ReactNode
}

/**
 * A page that only owners may use. To everybody else it says what it is and
 * whom to ask. The server refuses members in any case: this saves them from
 * running into it.
 */
export function OwnersOnly({ title, what, children }: OwnersOnlyProps) {
  const state = useSession()
  // The layout shows what there is to show while nobody is signed in.
  if (state.status !== 'signed-in') return null
  if (state.user.role === 'owner') return children
  return (
    <Page title={title}>
      <Alert tone="info" title="Only owners can open this page">
        <p>{what}</p>
      </Alert>
      <Owners />
      <p className="mt-6">
        <Link className="link" to="/account">
          Back to account settings
        </Link>
      </p>
    </Page>
  )
}

function Owners() {
  const account = useQuery(accountQuery)
  if (account.isPending) return <Skeleton lines={2} height={72} label="Loading the owners" />
  if (account.isError)
    return <FailureNote error={account.error} onRetry={account.refetch} busy={account.isFetching} />
  const { owners } = account.data
  if (owners.length === 0) return null
  return (
    <section className="mt-6" aria-labelledby="owners">
      <h2 className="web-card-title" id="owners">
        {owners.length === 1 ? 'The owner of this account' : 'The owners of this account'}
      </h2>
      <ul className="owners mt-2">
        {owners.map((owner) => (
          <li key={owner.email} className="py-2">
            <Bdi className="block">{owner.name}</Bdi>
            <a className="link wrap-anywhere" href={`mailto:${encodeURIComponent(owner.email)}`}>
              <Bdi>{owner.email}</Bdi>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
