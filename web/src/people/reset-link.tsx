import type { User } from '@curfew/client'
import { Bdi } from '@curfew/react'
import { useState } from 'react'
import { client } from '../client'
import { Button } from '../ui/button'
import { CopyField } from '../ui/copy'
import { Dialog } from '../ui/dialog'
import { FailureNote } from '../ui/failure'
import { useReturnFocus } from './return-focus'
import { Until } from './until'

interface ResetLinkProps {
  user: User
  onClose: () => void
}

/** Makes a link with which a person sets a new password; it is shown this once. */
export function ResetLink({ user, onClose }: ResetLinkProps) {
  useReturnFocus()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [link, setLink] = useState<{ reset_url: string; expires_at: string } | null>(null)
  const name = <Bdi className="wrap-anywhere">{user.name}</Bdi>

  const make = async () => {
    setBusy(true)
    setError(null)
    try {
      setLink(await client.api.createResetLink(user.id))
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  if (link) {
    return (
      <Dialog
        open
        // A stray press beside the dialog must not lose what is shown only once.
        locked
        title={<>Reset link for {name}</>}
        description={
          <p>
            Hand it to {name} and to nobody else. It is shown this once, works once, and until{' '}
            <Until iso={link.expires_at} />. Setting a new password signs them out everywhere.
          </p>
        }
        onClose={onClose}
        actions={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <CopyField label="Reset link" value={link.reset_url} />
      </Dialog>
    )
  }
  return (
    <Dialog
      open
      title={<>Make a reset link for {name}?</>}
      description="Whoever has the link can set a new password and sign in with it. It works once, within an hour, and an earlier one stops working."
      locked={busy}
      onClose={onClose}
      actions={
        <>
          <Button disabled={busy} onClick={onClose}>
            Cancel
          </Button>
          <Button variant="primary" busy={busy} onClick={make}>
            {busy ? 'Making…' : 'Make reset link'}
          </Button>
        </>
      }
    >
      {error ? <FailureNote error={error} /> : null}
    </Dialog>
  )
}
