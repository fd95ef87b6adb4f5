import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react'
import { cx } from './class-names'

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string
  hint?: string
  /** Beside the input: what it counts in. */
  unit?: ReactNode
  /** What is wrong; it takes the place of the note. */
  wrong?: ReactNode
  note?: ReactNode
  /** More than one line to write. */
  rows?: number
  ref?: Ref<HTMLInputElement>
}

/** An input with its label, what explains it, and a place for what is wrong with it. */
export function Field({ label, hint, unit, wrong, note, rows, className, ...rest }: FieldProps) {
  const id = useId()
  // Both take all that is given here.
  const Input = (rows ? 'textarea' : 'input') as 'input'
  return (
    <div className={cx('cf-field', wrong && 'cf-field-wrong')}>
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p className="cf-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div className="cf-input-row">
        <Input
          {...rest}
          {...(rows ? { rows } : { type: 'text', autoComplete: 'off' })}
          id={id}
          className={cx('cf-input', className)}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={cx(unit && `${id}-unit`, hint && `${id}-hint`, `${id}-note`)}
        />
        {unit && (
          <span className="cf-unit" id={`${id}-unit`}>
            {unit}
          </span>
        )}
      </div>
      <p className="cf-field-note" id={`${id}-note`}>
        {wrong || note}
      </p>
    </div>
  )
}
