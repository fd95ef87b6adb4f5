import { useCurfew } from '@curfew/react'
import { useState } from 'react'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'
import { errorWords } from '../ui/words'
import { leave } from './leave'

/** Signing out. While it fails, the person stays signed in and is told so. */
export function useSignOut() {
  const client = useCurfew()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  const run = async () => {
    if (busy) return
    setBusy(true)
    leave(true)
    try {
      // The gate sees the session end and goes to the sign-in page.
      await client.signOut()
      setError(null)
    } catch (failure) {
      leave(false)
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, error, dismiss: () => setError(null) }
}

interface SignOutFailedProps {
  error: unknown
  busy: boolean
  onRetry: () => void
  onClose: () => void
}

/** Nobody may believe to be signed out who is not. */
export function SignOutFailed({ error, busy, onRetry, onClose }: SignOutFailedProps) {
  const { title, detail } = errorWords(error)
  return (
    <div className="web-page web-page-settings web-notice">
      <Alert
        tone="danger"
        role="alert"
        title="You are still signed in"
        actions={
          <>
            <Button busy={busy} onClick={onRetry}>
              {busy ? 'Signing out…' : 'Try to sign out again'}
            </Button>
            <Button variant="quiet" onClick={onClose}>
              Stay signed in
            </Button>
          </>
        }
      >
        Signing out did not work: {lowerFirst(title)}. {detail}
      </Alert>
    </div>
  )
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
