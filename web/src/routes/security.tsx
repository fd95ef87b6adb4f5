import { ActiveSessionsCard, type PolicyMinutes, SessionPolicyCard } from '@curfew/react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Shield } from 'lucide-react'
import { useState } from 'react'
import { OwnersOnly } from '../account/owners-only'
import { holdReceipt } from '../layout/receipt'
import { activeSessionsQuery } from '../queries/sessions'
import { Page } from '../ui/page'
import { Part } from '../ui/part'
import { Skeleton } from '../ui/skeleton'

// The chart brings a library along that nothing else on this page needs.
const loadTimeline = () => import('../security/age-timeline')

/** `/account/security`: how long sessions last, and who has one; owners only. */
export function SecurityPage() {
  return (
    <OwnersOnly
      title="Session security"
      what="Session security decides how long people in this account stay signed in, and shows who is."
    >
      <Security />
    </OwnersOnly>
  )
}

function Security() {
  const navigate = useNavigate()
  const cache = useQueryClient()
  const [draft, setDraft] = useState<PolicyMinutes | null>(null)
  return (
    <Page
      title="Session security"
      heading={
        <span className="inline-flex items-center gap-2">
          <Shield aria-hidden="true" size={24} strokeWidth={1.75} />
          Session security
        </span>
      }
      description="How long people in this account stay signed in, and who is signed in now."
    >
      <div className="grid gap-6">
        <SessionPolicyCard onDraft={setDraft}>
          {draft ? (
            <Part
              name="age-timeline"
              load={loadTimeline}
              waiting={<Skeleton lines={6} height={320} label="Loading the session ages" />}
              give={{ draft }}
            />
          ) : null}
        </SessionPolicyCard>
        <ActiveSessionsCard
          onEnded={() => void cache.invalidateQueries({ queryKey: activeSessionsQuery.queryKey })}
          onSignedOutEveryone={(_, receipt) => {
            holdReceipt(receipt)
            void navigate({ to: '/login', search: {} })
          }}
        />
      </div>
    </Page>
  )
}
