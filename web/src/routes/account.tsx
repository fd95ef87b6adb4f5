import { useSession } from '@curfew/react'
import '../account/account.css'
import { AccountCard } from '../account/account-card'
import { YouCard } from '../account/you-card'
import { Page } from '../ui/page'

/** `/account`: the signed-in person's own settings and the account's. */
export function Account() {
  const state = useSession()
  // The layout shows what there is to show while nobody is signed in.
  if (state.status !== 'signed-in') return null
  return (
    <Page title="Account settings">
      <div className="grid gap-6">
        <YouCard session={state.session} />
        <AccountCard owner={state.user.role === 'owner'} />
      </div>
    </Page>
  )
}
