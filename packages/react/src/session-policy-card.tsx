import type { ReactNode } from 'react'
import { useCurfew, useTexts } from './context'
import { PolicyForm } from './policy/policy-form'
import type { PolicyMinutes, Security } from './types'
import { Card } from './ui/card'
import { Failure } from './ui/failure'
import { Skeleton } from './ui/skeleton'
import { useResource } from './use-resource'
import { useSession } from './use-session'

/** What `SessionPolicyCard` takes. */
export interface SessionPolicyCardProps {
  /** Told the limits on show, as they would be in force, whenever they move and are valid. */
  onDraft?: (policy: PolicyMinutes) => void
  className?: string
  /** Shown below the comparison with published timeouts. */
  children?: ReactNode
}

/** The account's session policy, to read and to change. For owners: others are told that they may not. */
export function SessionPolicyCard({ onDraft, className, children }: SessionPolicyCardProps) {
  const client = useCurfew()
  const texts = useTexts()
  const session = useSession()
  const key = session.status === 'signed-in' ? session.account.id : null
  const resource = useResource<Security>(key, (signal) => client.api.getSecurity({ signal }))
  const { data, error, loading, reload } = resource
  return (
    <Card
      icon="shield"
      title={texts.policy.title}
      lead={texts.policy.lead}
      busy={loading && !data}
      className={className}
    >
      {data ? (
        <PolicyForm key={key} data={data} resource={resource} onDraft={onDraft}>
          {children}
        </PolicyForm>
      ) : error && !loading ? (
        <Failure says={texts.policy.loadFailed} error={error} retry={reload} />
      ) : (
        <Skeleton rows={4} className="cf-policy-loading" />
      )}
    </Card>
  )
}
