import { CurfewError } from '@curfew/client'
import { FailureNote } from '../ui/failure'
import { Field, TextInput } from '../ui/field'
import { ThrottledNote } from './throttled'

interface EntryProps {
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

/** The address that one signs in with. */
export function EmailField({ value, error, onChange, autoFocus }: EntryProps & { autoFocus?: boolean }) {
  return (
    <Field label="Email" error={error}>
      {(ids) => (
        <TextInput
          {...ids}
          type="email"
          name="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          // One form, and nothing before it to be missed.
          autoFocus={autoFocus}
          required
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

/** The name of the person who fills the form in. */
export function YourNameField({ value, error, onChange }: EntryProps) {
  return (
    <Field label="Your name" error={error}>
      {(ids) => (
        <TextInput
          {...ids}
          name="name"
          autoComplete="name"
          required
          maxLength={200}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

/** Why a form was not taken: with a time to wait where the server set one. */
export function FormFailure({ error }: { error: unknown }) {
  if (!error) return null
  if (error instanceof CurfewError && error.status === 429) {
    return <ThrottledNote seconds={error.retryAfterSeconds} />
  }
  return <FailureNote error={error} />
}
