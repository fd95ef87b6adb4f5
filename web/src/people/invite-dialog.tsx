import type { NewInvite } from '@curfew/client'
import { Bdi } from '@curfew/react'
import { useState } from 'react'
import { client } from '../client'
import { Button } from '../ui/button'
import { CopyField } from '../ui/copy'
import { Dialog } from '../ui/dialog'
import { FailureNote } from '../ui/failure'
import { Field, Select, TextInput } from '../ui/field'
import { emailError, onlyWrong, useForm } from '../ui/form'
import { useReturnFocus } from './return-focus'
import { Until } from './until'

interface InviteDialogProps {
  onClose: () => void
  /** An invitation was made: the list has one more. */
  onInvited: () => void
}

type Role = 'owner' | 'member'

/** Asks whom to invite, then shows the link, which is shown this once. */
export function InviteDialog({ onClose, onInvited }: InviteDialogProps) {
  useReturnFocus()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('member')
  const [made, setMade] = useState<NewInvite | null>(null)
  const { ref, busy, errors, failure, touched, onSubmit } = useForm<'email' | 'role'>({
    names: ['email', 'role'],
    check: () => onlyWrong({ email: emailError(email)?.replace('your', 'their'), role: undefined }),
    send: async () => {
      setMade(await client.api.createInvite({ email: email.trim(), role }))
      onInvited()
    },
  })

  if (made) return <Invited email={email.trim()} invite={made} onClose={onClose} />
  return (
    <Dialog
      open
      title="Invite a person"
      description="They get a link with which they choose a name and a password, and join this account."
      locked={busy}
      onClose={onClose}
    >
      <form ref={ref} className="grid gap-3" onSubmit={onSubmit} noValidate>
        <Field label="Email address" error={errors.email}>
          {(ids) => (
            <TextInput
              {...ids}
              type="email"
              name="email"
              autoComplete="off"
              autoFocus
              value={email}
              readOnly={busy}
              onChange={(event) => {
                setEmail(event.target.value)
                touched('email')
              }}
            />
          )}
        </Field>
        <Field
          label="Role"
          hint={
            role === 'owner'
              ? 'Decides how long sessions last, manages people, reads the audit log.'
              : 'Uses the product; sees and ends their own sessions.'
          }
          error={errors.role}
        >
          {(ids) => (
            <Select
              {...ids}
              value={role}
              disabled={busy}
              onChange={(event) => setRole(event.target.value as Role)}
            >
              <option value="member">Member</option>
              <option value="owner">Owner</option>
            </Select>
          )}
        </Field>
        {failure ? <FailureNote className="mb-4" error={failure} /> : null}
        <div className="web-dialog-actions">
          <Button disabled={busy} onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" busy={busy}>
            {busy ? 'Inviting…' : 'Invite'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface InvitedProps {
  email: string
  invite: NewInvite
  onClose: () => void
}

function Invited({ email, invite, onClose }: InvitedProps) {
  const address = <Bdi className="wrap-anywhere">{email}</Bdi>
  return (
    <Dialog
      open
      // A stray press beside the dialog must not lose what is shown only once.
      locked
      title={invite.mailed ? <>{address} is invited by mail</> : <>Send this link to {address}</>}
      description={
        <p>
          {invite.mailed
            ? 'The link was mailed. You can also hand it over yourself: it is shown this once.'
            : 'No mail is sent from here, so hand the link over yourself. It is shown this once.'}{' '}
          It works once, until <Until iso={invite.expires_at} />.
        </p>
      }
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <CopyField label="Invitation link" value={invite.invite_url} />
    </Dialog>
  )
}
