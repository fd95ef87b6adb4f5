import { type Ref, useId } from 'react'
import { useFormat, useTexts } from '../context'
import { cx } from '../ui/class-names'
import { effective, type Field, parse, shown } from './draft'
import type { PolicyForm } from './use-policy-form'

interface FieldsProps {
  form: PolicyForm
  locked: boolean
  /** What the server said of a field. */
  refused: Record<string, string>
  onWrite: (field: Field, text: string) => void
  idleRef: Ref<HTMLInputElement>
  absoluteRef: Ref<HTMLInputElement>
}

/** Custom's two numbers: always there, showing the chosen preset's until Custom is chosen. */
export function PolicyFields({ form, locked, refused, onWrite, idleRef, absoluteRef }: FieldsProps) {
  const texts = useTexts().policy
  const numbers = shown(form.draft, form.base)
  const common = { form, locked, onWrite }
  return (
    <fieldset className="cf-fields" disabled={form.draft.choice !== 'custom'}>
      <legend className="cf-sr-only">{texts.custom}</legend>
      <MinutesField
        {...common}
        field="idle_minutes"
        label={texts.idle}
        hint={texts.idleHint}
        text={numbers.idle}
        refused={refused.idle_minutes}
        inputRef={idleRef}
      />
      <MinutesField
        {...common}
        field="absolute_minutes"
        label={texts.absolute}
        hint={texts.absoluteHint}
        text={numbers.absolute}
        refused={refused.absolute_minutes}
        inputRef={absoluteRef}
      />
    </fieldset>
  )
}

interface MinutesFieldProps extends Pick<FieldsProps, 'form' | 'locked' | 'onWrite'> {
  field: Field
  label: string
  hint: string
  text: string
  refused: string | undefined
  inputRef: Ref<HTMLInputElement>
}

function MinutesField({
  form,
  locked,
  onWrite,
  field,
  label,
  hint,
  text,
  refused,
  inputRef,
}: MinutesFieldProps) {
  const texts = useTexts().policy
  const format = useFormat()
  const id = useId()
  const value = parse(text)
  const wrong = useFaultText(form, field) ?? refused
  return (
    <div className={cx('cf-field', wrong && 'cf-field-wrong')}>
      <label htmlFor={id}>{label}</label>
      <p className="cf-hint" id={`${id}-hint`}>
        {hint}
      </p>
      <div className="cf-input-row">
        <input
          ref={inputRef}
          id={id}
          className="cf-input cf-input-minutes"
          type="text"
          inputMode="numeric"
          autoComplete="off"
          value={text}
          readOnly={locked}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={`${id}-unit ${id}-hint ${id}-note`}
          onChange={(event) => onWrite(field, event.target.value)}
          onBlur={() => form.leave(field)}
        />
        <span className="cf-unit" id={`${id}-unit`}>
          {texts.unit} {value !== null && value > 0 && <span>{texts.equals(format.duration(value))}</span>}
        </span>
      </div>
      <p className="cf-field-note" id={`${id}-note`}>
        {wrong ?? <Stored form={form} field={field} value={value} />}
      </p>
    </div>
  )
}

/** For a stored value outside the bounds now in force: what it counts as. */
function Stored({ form, field, value }: { form: PolicyForm; field: Field; value: number | null }) {
  const texts = useTexts().policy
  const format = useFormat()
  const stored = form.base[field]
  if (form.draft.choice !== 'custom' || stored === null || value !== stored) return null
  const counts = effective(form.base, form.base)[field]
  return counts === stored ? null : texts.stored(stored, format.duration(counts))
}

function useFaultText(form: PolicyForm, field: Field): string | undefined {
  const texts = useTexts().policy
  const format = useFormat()
  const fault = form.said[field]
  const { base } = form
  if (!fault) return undefined
  if (fault === 'idleOver') {
    return texts.idleOver(format.duration(parse(shown(form.draft, base).absolute) ?? 0))
  }
  if (fault !== 'range') return texts[fault]
  return field === 'idle_minutes'
    ? texts.range(base.idle_minutes_min, base.idle_minutes_max)
    : texts.range(base.absolute_minutes_min, base.absolute_minutes_max)
}
