import { useState } from 'react'
import { FailureNote } from '../ui/failure'
import { Public } from './public'

interface UnreachableProps {
  error: unknown
  onRetry: () => Promise<void>
}

/** Nobody can tell yet who is signed in: the server does not answer. The client keeps trying. */
export function Unreachable({ error, onRetry }: UnreachableProps) {
  const [busy, setBusy] = useState(false)
  const retry = async () => {
    setBusy(true)
    // A new failure comes as the next `error`.
    await onRetry().catch(() => undefined)
    setBusy(false)
  }
  return (
    <Public
      title="Waiting for the server"
      description="This page goes on by itself as soon as the server answers."
    >
      <FailureNote error={error} onRetry={retry} busy={busy} />
    </Public>
  )
}
