import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { client } from '../client'
import { configQuery } from '../layout/config'
import { Button } from '../ui/button'
import { FailureNote } from '../ui/failure'
import { Field, PasswordInput } from '../ui/field'
import { type FieldErrors, onlyWrong, useForm } from '../ui/form'
import { NewPassword, newPasswordError } from '../ui/new-password'
import { fieldErrors } from '../ui/words'

interface PasswordFormProps {
  /** Whose password it is: password managers file it under this. */
  email: string
  onClose: () => void
  onChanged: () => void
}

type Name = 'current_password' | 'new_password'

/** Changes the signed-in person's password, which ends their other sessions. */
export function PasswordForm({ email, onClose, onChanged }: PasswordFormProps) {
  const config = useQuery(configQuery)
  const least = config.data?.password_min ?? null
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const { ref, busy, errors, failure, touched, onSubmit } = useForm<Name>({
    names: ['current_password', 'new_password'],
    check: () =>
      onlyWrong({
        current_password: current ? undefined : 'Enter your current password.',
        new_password: newPasswordError(next, least),
      }),
    send: async () => {
      await client.api.changePassword({ current_password: current, new_password: next })
      onChanged()
    },
    explain,
  })

  useEffect(() => ref.current?.querySelector<HTMLElement>('[name="current_password"]')?.focus(), [ref])

  return (
    <form ref={ref} className="row-form" onSubmit={onSubmit} noValidate>
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <Field label="Current password" error={errors.current_password}>
        {(ids) => (
          <PasswordInput
            {...ids}
            name="current_password"
            autoComplete="current-password"
            value={current}
            readOnly={busy}
            onChange={(event) => {
              setCurrent(event.target.value)
              touched('current_password')
            }}
          />
        )}
      </Field>
      <NewPassword
        label="New password"
        value={next}
        least={least}
        error={errors.new_password}
        onChange={(value) => {
          setNext(value)
          touched('new_password')
        }}
      />
      {failure ? <FailureNote className="mb-4" error={failure} /> : null}
      <p className="row-quiet mb-4">This signs you out on all your other devices. You stay signed in here.</p>
      <div className="form-actions">
        <Button type="submit" variant="primary" busy={busy}>
          {busy ? 'Changing…' : 'Change password'}
        </Button>
        <Button variant="quiet" disabled={busy} onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

function explain(error: unknown): FieldErrors<Name> | null {
  const found = fieldErrors(error)
  const wrong = onlyWrong<Name>({
    current_password: found.current_password && 'This is not your current password.',
    new_password: found.new_password,
  })
  return Object.keys(wrong).length > 0 ? wrong : null
}
