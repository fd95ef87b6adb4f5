import type { Ref } from 'react'
import { useFormat, useTexts } from '../context'
import { Field as Input } from '../ui/field'
import { effective, type Field, fields, parse, shown } from './draft'
import type { PolicyForm } from './use-policy-form'

interface FieldsProps {
  form: PolicyForm
  locked: boolean
  /** What the server said of a field. */
  refused: Record<string, string>
  onWrite: (field: Field, text: string) => void
  inputs: Record<Field, Ref<HTMLInputElement>>
}

/** Custom's two numbers: always there, showing the chosen preset's until Custom is chosen. */
export function PolicyFields(props: FieldsProps) {
  return (
    <fieldset className="cf-fields" disabled={props.form.draft.choice !== 'custom'}>
      <legend className="cf-sr-only">{useTexts().policy.custom}</legend>
      {fields.map((field) => (
        <MinutesField key={field} field={field} {...props} />
      ))}
    </fieldset>
  )
}

function MinutesField({ field, form, locked, refused, onWrite, inputs }: FieldsProps & { field: Field }) {
  const texts = useTexts().policy
  const { duration } = useFormat()
  const { base, draft } = form
  const numbers = shown(draft, base)
  const value = parse(numbers[field])
  const fault = form.said[field]
  const wrong =
    fault === 'idleOver'
      ? texts.idleOver(duration(Number(numbers.absolute_minutes)))
      : fault === 'range'
        ? texts.range(base[`${field}_min` as const], base[`${field}_max` as const])
        : fault && texts[fault]
  // A stored value outside the bounds now in force: what it counts as.
  const counts = effective(base, base)[field]
  const outside = draft.choice === 'custom' && value !== null && value === base[field] && value !== counts
  return (
    <Input
      {...texts.fields[field]}
      ref={inputs[field]}
      className="cf-input-minutes"
      inputMode="numeric"
      value={numbers[field]}
      readOnly={locked}
      unit={
        <>
          {texts.unit} {value ? <span>{texts.equals(duration(value))}</span> : null}
        </>
      }
      wrong={wrong ?? refused[field]}
      note={outside && texts.stored(value, duration(counts))}
      onChange={(event) => onWrite(field, event.target.value)}
      onBlur={() => form.leave(field)}
    />
  )
}
