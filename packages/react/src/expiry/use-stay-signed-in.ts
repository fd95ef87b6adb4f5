import { useCallback, useState } from 'react'
import { useCurfew } from '../context'
import { useSessionExpiry } from '../use-session'

/** The button that extends the session. Failures come back through the expiry's `failed`. */
export function useStaySignedIn() {
  const client = useCurfew()
  const { warning } = useSessionExpiry()
  const [busy, setBusy] = useState(false)
  const [extended, setExtended] = useState(false)

  const run = useCallback(async () => {
    setBusy(true)
    setExtended(false)
    try {
      await client.staySignedIn()
      setExtended(true)
    } catch {
      // The client keeps the failure beside the deadline, for every tab's toast.
    } finally {
      setBusy(false)
    }
  }, [client])

  return { busy, run, done: extended && warning === 'none' }
}
