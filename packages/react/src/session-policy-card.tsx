import { type ReactNode, useRef } from 'react'
import { useCurfew, useTexts } from './context'
import { personKey } from './person'
import { loadForm } from './policy/load-form'
import type { PolicyForm } from './policy/policy-form'
import type { PolicyMinutes, Security } from './types'
import { Card } from './ui/card'
import { Loaded } from './ui/loaded'
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
  const texts = useTexts().policy
  // Of the person, not of the account: what an owner saw and typed is not for a member who signs in after.
  const key = personKey(useSession())
  // The form's code comes beside its data, so that pages without it do not
  // load it, and one skeleton, failure and other try stand for both.
  const form = useRef<typeof PolicyForm>(null)
  const resource = useResource<Security>(key, async (signal) => {
    const [code, security] = await Promise.all([loadForm(), client.api.getSecurity({ signal })])
    form.current = code
    return security
  })
  return (
    <Card icon="shield" title={texts.title} lead={texts.lead} from={resource} className={className}>
      <Loaded from={resource} failed={texts.loadFailed} quiet rows={4} className="cf-policy-loading">
        {(data) => {
          const Form = form.current
          return (
            Form && (
              <Form key={key} data={data} resource={resource} onDraft={onDraft}>
                {children}
              </Form>
            )
          )
        }}
      </Loaded>
    </Card>
  )
}
