import type { User } from '@curfew/client'
import { Bdi } from '@curfew/react'
import { isolate } from '@curfew/react/internal'
import { useState } from 'react'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { FailureNote } from '../ui/failure'
import { type ActionKind, actions } from './actions'
import { useReturnFocus } from './return-focus'

interface ConfirmProps {
  user: User
  kind: ActionKind
  /** The user is the one who asks. */
  self: boolean
  onClose: () => void
  /** It is done; `words` say what. */
  onDone: (words: string) => void
}

/** Says what a change does, and makes it when asked again. Failures stay in here. */
export function Confirm({ user, kind, self, onClose, onDone }: ConfirmProps) {
  useReturnFocus()
  const action = actions[kind]
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  const run = async () => {
    setBusy(true)
    setError(null)
    try {
      await action.run(user)
      onDone(action.done(isolate(user.name)))
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  const name = <Bdi className="wrap-anywhere">{user.name}</Bdi>
  return (
    <Dialog
      open
      role="alertdialog"
      title={action.title(self ? 'yourself' : name)}
      description={action.body(user, self)}
      locked={busy}
      onClose={onClose}
      actions={
        <>
          <Button disabled={busy} onClick={onClose}>
            Cancel
          </Button>
          <Button variant={action.danger ? 'danger' : 'primary'} busy={busy} onClick={run}>
            {busy ? action.busy : action.verb}
          </Button>
        </>
      }
    >
      {error ? <FailureNote error={error} /> : null}
    </Dialog>
  )
}
