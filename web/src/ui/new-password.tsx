import { Field, PasswordInput } from './field'

interface NewPasswordProps {
  label?: string
  value: string
  onChange: (value: string) => void
  /** The least number of characters; null while it is not known. */
  least: number | null
  error?: string
}

/** How many characters a password has, counted as the server counts them. */
function characters(password: string): number {
  return [...password].length
}

/** What is wrong with a new password's length; the server judges the rest. */
export function newPasswordError(password: string, least: number | null): string | undefined {
  if (!password) return 'Choose a password.'
  if (least !== null && characters(password) < least) {
    return `Use at least ${least} characters. This has ${characters(password)}.`
  }
  return undefined
}

/** A field for a new password that says what is expected, and when it is reached. */
export function NewPassword({ label = 'Password', value, onChange, least, error }: NewPasswordProps) {
  const count = characters(value)
  const enough = least === null || count >= least
  return (
    <Field
      label={label}
      hint={`${least === null ? 'Long is better than complicated.' : `At least ${least} characters.`} A few unrelated words work well.`}
      error={error}
    >
      {(ids) => (
        <>
          <PasswordInput
            {...ids}
            name="new-password"
            autoComplete="new-password"
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          {least !== null && !error ? (
            <p className="web-count" data-enough={value !== '' && enough} aria-hidden="true">
              {value === '' ? '' : enough ? 'Long enough' : `${count} of ${least} characters`}
            </p>
          ) : null}
        </>
      )}
    </Field>
  )
}
