import type { Expiry, SessionState } from '@curfew/client'
import { useSyncExternalStore } from 'react'
import { useCurfewContext } from './context'

/** Whether somebody is signed in, and who. Renders again when that changes, in any tab. */
export function useSession(): SessionState {
  const { session } = useCurfewContext('useSession').client
  return useSyncExternalStore(session.subscribe, session.get, session.get)
}

/** The same while somebody is signed in, else null. */
export function useSignedIn() {
  const session = useSession()
  return session.status === 'signed-in' ? session : null
}

// One object, so that it never looks like a change.
const never: Expiry = Object.freeze({
  warning: 'none',
  reason: 'idle',
  deadline: Number.POSITIVE_INFINITY,
  localDeadline: Number.POSITIVE_INFINITY,
  dismissed: false,
  failed: null,
})

/**
 * How near the end of the session is: re-evaluated every 30 s and at the exact
 * edge. While nobody is signed in, `warning` is `none` and the deadline is
 * infinitely far.
 */
export function useSessionExpiry(): Expiry {
  const { expiry } = useCurfewContext('useSessionExpiry').client
  return useSyncExternalStore(expiry.subscribe, expiry.get, expiry.get) ?? never
}
