import { Alert } from './alert'
import { Button } from './button'
import { errorWords } from './words'

interface FailureNoteProps {
  /** Whatever was thrown. */
  error: unknown
  /** Tries again; without it there is no button. */
  onRetry?: () => void
  /** Trying again is under way. */
  busy?: boolean
  className?: string
}

/** A failure in words, with a way to try again. */
export function FailureNote({ error, onRetry, busy = false, className }: FailureNoteProps) {
  const { title, detail } = errorWords(error)
  return (
    <Alert
      tone="danger"
      title={title}
      role="alert"
      className={className}
      actions={
        onRetry ? (
          <Button busy={busy} onClick={onRetry}>
            {busy ? 'Trying again…' : 'Try again'}
          </Button>
        ) : null
      }
    >
      {detail}
    </Alert>
  )
}
