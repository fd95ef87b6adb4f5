import { ActiveSessionsCard, SessionPolicyCard, YourSessionsCard } from '@curfew/react'
import { go } from './path'

/** The product's settings, with Curfew's parts among its own. */
export function Settings({ owner }: { owner: boolean }) {
  return (
    <>
      <h1>{owner ? 'Settings and security' : 'Settings'}</h1>
      <div className="cards">
        {owner && (
          <>
            <SessionPolicyCard />
            <ActiveSessionsCard onSignedOutEveryone={() => go('/sign-in')} />
          </>
        )}
        <YourSessionsCard />
      </div>
    </>
  )
}
