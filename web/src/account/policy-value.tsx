import { useFormat } from '@curfew/react'
import { useQuery } from '@tanstack/react-query'
import { securityQuery } from '../queries/security'

/** The limits in force, in words: the value of the row "Session security". */
export function PolicyValue() {
  const security = useQuery(securityQuery)
  const { duration } = useFormat()
  if (security.isPending) return <span className="row-note">Loading…</span>
  if (security.isError) return <span className="row-note">The limits could not be loaded</span>
  const { effective_idle_minutes: idle, effective_absolute_minutes: most } = security.data
  return (
    <>
      Signs people out after {duration(idle)} without activity, {duration(most)} at most
    </>
  )
}
