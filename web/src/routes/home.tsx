import { useCurfew, useSession } from '@curfew/react'
import { useConfig } from '../layout/config'
import { Go } from '../layout/go'
import { landingPath } from '../layout/landing'
import { Unreachable } from '../layout/unreachable'
import { Waiting } from '../layout/waiting'

/** Sends everybody to where they begin. */
export function Home() {
  const client = useCurfew()
  const session = useSession()
  const config = useConfig({ enabled: session.status === 'signed-out' })

  if (session.status === 'signed-in') return <Go to={landingPath(session.user)} title="Curfew" />
  if (session.status === 'loading') {
    return session.error ? (
      <Unreachable error={session.error} onRetry={() => client.check()} />
    ) : (
      <Waiting title="Curfew" />
    )
  }
  if (config.isPending) return <Waiting title="Curfew" />
  // Without an answer the sign-in page is the better guess, and asks again.
  return <Go to={config.data?.setup_needed ? '/setup' : '/login'} title="Curfew" />
}
