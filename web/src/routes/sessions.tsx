import { useSession, YourSessionsCard } from '@curfew/react'
import { Page } from '../ui/page'

/** `/account/sessions`: the devices the signed-in person is signed in on. */
export function YourSessions() {
  const state = useSession()
  // The layout shows what there is to show while nobody is signed in.
  if (state.status !== 'signed-in') return null
  return (
    <Page
      title="Your sessions"
      description="Every device that you are signed in on. End what you do not recognise, then change your password."
    >
      <YourSessionsCard />
    </Page>
  )
}
