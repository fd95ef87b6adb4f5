import { CurfewError } from '@curfew/client'
import { useCurfew } from '@curfew/react'
import { useState } from 'react'
import { Button } from '../ui/button'
import { Field, PasswordInput } from '../ui/field'
import { emailError, onlyWrong, useForm } from '../ui/form'
import { EmailField, FormFailure } from './fields'

const names = ['email', 'password'] as const

interface LoginFormProps {
  /** Who is expected, such as the person who signs in anew. */
  email: string
  /** Whether the first field takes the focus at once. */
  focus: boolean
  onDone: () => void
}

/** Email and password. What was typed stays, whatever the server says. */
export function LoginForm({ email: expected, focus, onDone }: LoginFormProps) {
  const client = useCurfew()
  const [email, setEmail] = useState(expected)
  const [password, setPassword] = useState('')
  const form = useForm({
    names,
    check: () =>
      onlyWrong({ email: emailError(email), password: password ? undefined : 'Enter your password.' }),
    send: async () => {
      await client.signIn({ email: email.trim(), password })
      onDone()
    },
    explain: (error) =>
      error instanceof CurfewError && error.type === 'invalid-credentials'
        ? { password: 'The email or the password is not right. Check both, then try again.' }
        : null,
  })

  return (
    <form ref={form.ref} onSubmit={form.onSubmit} noValidate className="web-form">
      <FormFailure error={form.failure} />
      <EmailField
        value={email}
        error={form.errors.email}
        onChange={(value) => {
          setEmail(value)
          form.touched('email')
        }}
        autoFocus={focus}
      />
      <Field label="Password" error={form.errors.password}>
        {(ids) => (
          <PasswordInput
            {...ids}
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => {
              setPassword(event.target.value)
              form.touched('password')
            }}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" busy={form.busy} className="web-submit">
        {form.busy ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}
