import { useCurfew } from '../context'
import { useAction } from '../ui/use-action'
import { useSessionExpiry } from '../use-session'

/** The button that extends the session. Failures come back through the expiry's `failed`. */
export function useStaySignedIn() {
  const client = useCurfew()
  const { warning } = useSessionExpiry()
  const { busy, done, run } = useAction(() => client.staySignedIn())
  return { busy, run, done: done && warning === 'none' }
}
