import type { ReactNode } from 'react'
import { useCurfew, useTexts } from './context'
import { PolicyForm } from './policy/policy-form'
import type { PolicyMinutes, Security } from './types'
import { Card } from './ui/card'
import { Loaded } from './ui/loaded'
import { useResource } from './use-resource'
import { useSignedIn } from './use-session'

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
  const key = useSignedIn()?.account.id ?? null
  const resource = useResource<Security>(key, (signal) => client.api.getSecurity({ signal }))
  return (
    <Card
      icon="shield"
      title={texts.policy.title}
      lead={texts.policy.lead}
      from={resource}
      className={className}
    >
      <Loaded from={resource} failed={texts.policy.loadFailed} quiet rows={4} className="cf-policy-loading">
        {(data) => (
          <PolicyForm key={key} data={data} resource={resource} onDraft={onDraft}>
            {children}
          </PolicyForm>
        )}
      </Loaded>
    </Card>
  )
}
