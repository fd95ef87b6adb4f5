import { CurfewError, type Invitation } from '@curfew/client'
import { useCurfew } from '@curfew/react'
import { useState } from 'react'
import { useConfig } from '../layout/config'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'
import { Email } from '../ui/email'
import { FailureNote } from '../ui/failure'
import { onlyWrong, useForm } from '../ui/form'
import { NewPassword, newPasswordError } from '../ui/new-password'
import { YourNameField } from './fields'
import { UsernameForManagers } from './username'

const names = ['name', 'password'] as const

interface InviteFormProps {
  token: string
  invitation: Invitation
  onAccepted: () => void
}

/** The invited person's name and password. */
export function InviteForm({ token, invitation, onAccepted }: InviteFormProps) {
  const client = useCurfew()
  const least = useConfig().data?.password_min ?? null
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const form = useForm({
    names,
    check: () =>
      onlyWrong({
        name: name.trim() ? undefined : 'Enter your name.',
        password: newPasswordError(password, least),
      }),
    send: async () => {
      await client.acceptInvite({ token, name: name.trim(), password })
      onAccepted()
    },
  })

  return (
    <form ref={form.ref} onSubmit={form.onSubmit} noValidate className="web-form">
      <Failure error={form.failure} email={invitation.email} />
      <UsernameForManagers email={invitation.email} />
      <YourNameField
        value={name}
        error={form.errors.name}
        onChange={(value) => {
          setName(value)
          form.touched('name')
        }}
      />
      <NewPassword
        value={password}
        least={least}
        error={form.errors.password}
        onChange={(value) => {
          setPassword(value)
          form.touched('password')
        }}
      />
      <Button type="submit" variant="primary" busy={form.busy} className="web-submit">
        {form.busy ? 'Joining…' : 'Accept invitation'}
      </Button>
    </form>
  )
}

function Failure({ error, email }: { error: unknown; email: string }) {
  if (!error) return null
  const type = error instanceof CurfewError ? error.type : ''
  if (type === 'email-taken') {
    return (
      <Alert tone="danger" role="alert" title="This address belongs to another account here">
        <Email value={email} /> is already in use, and an address can belong to one account only. Ask the
        owner who invited you to use another address of yours.
      </Alert>
    )
  }
  if (type === 'link-invalid') {
    return (
      <Alert tone="danger" role="alert" title="This invitation does not work any more">
        It was accepted, taken back, or ran out while this page was open. Ask an owner of the account for a
        new one.
      </Alert>
    )
  }
  return <FailureNote error={error} />
}
