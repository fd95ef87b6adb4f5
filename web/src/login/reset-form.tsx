import { CurfewError } from '@curfew/client'
import { useCurfew, useSession } from '@curfew/react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConfig } from '../layout/config'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'
import { FailureNote } from '../ui/failure'
import { onlyWrong, useForm } from '../ui/form'
import { NewPassword, newPasswordError } from '../ui/new-password'
import { UsernameForManagers } from './username'

/** The new password. Setting it ends every session of the person. */
export function ResetForm({ token, email }: { token: string; email: string }) {
  const client = useCurfew()
  const session = useSession()
  const navigate = useNavigate()
  const least = useConfig().data?.password_min ?? null
  const [password, setPassword] = useState('')
  const form = useForm({
    names: ['password'] as const,
    check: () => onlyWrong({ password: newPasswordError(password, least) }),
    send: async () => {
      await client.api.resetPassword({ token, password })
      // This browser's own session may be among those that ended. If the
      // question fails, the sign-in page asks again.
      if (session.status === 'signed-in') await client.check().catch(() => undefined)
      await navigate({ to: '/login', search: { note: 'password_set' }, replace: true })
    },
  })
  const spent = form.failure instanceof CurfewError && form.failure.type === 'link-invalid'

  return (
    <form ref={form.ref} onSubmit={form.onSubmit} noValidate className="web-form">
      {spent ? (
        <Alert tone="danger" role="alert" title="This link does not work any more">
          It was used or replaced by a newer one, or ran out while this page was open. Ask for a new one.
        </Alert>
      ) : form.failure ? (
        <FailureNote error={form.failure} />
      ) : null}
      <UsernameForManagers email={email} />
      <NewPassword
        label="New password"
        value={password}
        least={least}
        error={form.errors.password}
        onChange={(value) => {
          setPassword(value)
          form.touched('password')
        }}
      />
      <p className="web-muted">Setting it signs you out everywhere. Then sign in with the new password.</p>
      <Button type="submit" variant="primary" busy={form.busy} className="web-submit">
        {form.busy ? 'Setting the password…' : 'Set password'}
      </Button>
    </form>
  )
}
