import { CurfewError } from '@curfew/client'
import { useCurfew } from '@curfew/react'
import { useState } from 'react'
import { Button } from '../ui/button'
import { Field, TextInput } from '../ui/field'
import { emailError, onlyWrong, useForm } from '../ui/form'
import { NewPassword, newPasswordError } from '../ui/new-password'
import { EmailField, FormFailure, YourNameField } from './fields'

const names = ['account_name', 'name', 'email', 'password'] as const

/** The account and its first owner. */
export function SetupForm({ least }: { least: number }) {
  const client = useCurfew()
  const [account, setAccount] = useState('')
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const form = useForm({
    names,
    check: () =>
      onlyWrong({
        account_name: account.trim() ? undefined : 'Enter a name for the account.',
        name: name.trim() ? undefined : 'Enter your name.',
        email: emailError(email),
        password: newPasswordError(password, least),
      }),
    send: async () => {
      await client.signUp({ account_name: account.trim(), name: name.trim(), email: email.trim(), password })
    },
    explain: (error) =>
      error instanceof CurfewError && error.type === 'email-taken'
        ? { email: 'This address already has an account. Sign in instead, or use another one.' }
        : null,
  })

  return (
    <form ref={form.ref} onSubmit={form.onSubmit} noValidate className="web-form">
      <FormFailure error={form.failure} />
      <Field
        label="Account name"
        hint="Your company or team, as its people know it."
        error={form.errors.account_name}
      >
        {(ids) => (
          <TextInput
            {...ids}
            name="account_name"
            autoComplete="organization"
            required
            maxLength={200}
            value={account}
            onChange={(event) => {
              setAccount(event.target.value)
              form.touched('account_name')
            }}
          />
        )}
      </Field>
      <YourNameField
        value={name}
        error={form.errors.name}
        onChange={(value) => {
          setName(value)
          form.touched('name')
        }}
      />
      <EmailField
        value={email}
        error={form.errors.email}
        onChange={(value) => {
          setEmail(value)
          form.touched('email')
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
        {form.busy ? 'Creating the account…' : 'Create account'}
      </Button>
    </form>
  )
}
