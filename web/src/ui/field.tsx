import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { classes } from './classes'

/** What ties a control to its label, hint and error. Spread it onto the control. */
interface FieldIds {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

interface FieldProps {
  label: ReactNode
  /** Said before anything goes wrong: what is expected. */
  hint?: ReactNode
  /** What is wrong and how to put it right. Its line is always kept free. */
  error?: ReactNode
  className?: string
  children: (ids: FieldIds) => ReactNode
}

/** A label, its control, and the words below it. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId()
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className={classes('web-field', className)}>
      <label className="web-label" htmlFor={id}>
        {label}
      </label>
      {hint ? (
        <p className="web-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      <p className="web-field-error" id={`${id}-error`}>
        {error}
      </p>
    </div>
  )
}

/** One line of text. Takes everything an `<input>` takes, `ref` too. */
export function TextInput({ className, type = 'text', ...rest }: ComponentProps<'input'>) {
  return <input {...rest} type={type} className={classes('web-input', className)} />
}

/** A choice of a few. Takes everything a `<select>` takes. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={classes('web-input', 'web-select', className)} />
}

/** A password that can be shown while it is typed. */
export function PasswordInput({ className, disabled, ...rest }: Omit<ComponentProps<'input'>, 'type'>) {
  const [shown, setShown] = useState(false)
  return (
    <div className="web-password">
      <input
        spellCheck={false}
        autoCapitalize="none"
        {...rest}
        disabled={disabled}
        type={shown ? 'text' : 'password'}
        className={classes('web-input', className)}
      />
      <button
        type="button"
        className="web-password-show"
        aria-pressed={shown}
        aria-label={shown ? 'Hide password' : 'Show password'}
        aria-controls={rest.id}
        disabled={disabled}
        onClick={() => setShown(!shown)}
      >
        {shown ? 'Hide' : 'Show'}
      </button>
    </div>
  )
}
