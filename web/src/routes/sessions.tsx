import { useFormat, useSession, YourSessionsCard } from '@curfew/react'
import { Page } from '../ui/page'

/** `/account/sessions`: the devices the signed-in person is signed in on. */
export function YourSessions() {
  const state = useSession()
  const { duration } = useFormat()
  // The layout shows what there is to show while nobody is signed in.
  if (state.status !== 'signed-in') return null
  const { idle_minutes: idle, absolute_minutes: most } = state.session
  return (
    <Page
      title="Your sessions"
      description="Every device that you are signed in on. End what you do not recognise, then change your password."
    >
      <YourSessionsCard />
      <p className="web-muted">
        This session ends after {duration(idle)} without activity, and {duration(most)} after sign-in at most.
      </p>
    </Page>
  )
}
