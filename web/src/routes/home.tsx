import { useCurfew, useSession } from '@curfew/react'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { configQuery } from '../layout/config'
import { landingPath } from '../layout/landing'
import { Unreachable } from '../layout/unreachable'
import { Waiting } from '../layout/waiting'

/** Sends everybody to where they begin. */
export function Home() {
  const client = useCurfew()
  const session = useSession()
  const config = useQuery({ ...configQuery, enabled: session.status === 'signed-out' })

  if (session.status === 'signed-in') return <Navigate to={landingPath(session.user)} replace />
  if (session.status === 'loading') {
    return session.error ? (
      <Unreachable error={session.error} onRetry={() => client.check()} />
    ) : (
      <Waiting title="Curfew" />
    )
  }
  if (config.isPending) return <Waiting title="Curfew" />
  // Without an answer the sign-in page is the better guess, and asks again.
  return config.data?.setup_needed ? <Navigate to="/setup" replace /> : <Navigate to="/login" replace />
}
