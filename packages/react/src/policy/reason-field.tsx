import { type Ref, useId } from 'react'
import { useTexts } from '../context'
import { cx } from '../ui/class-names'

interface ReasonFieldProps {
  value: string
  locked: boolean
  wrong: string | undefined
  onWrite: (text: string) => void
  inputRef: Ref<HTMLTextAreaElement>
}

/** Why the policy changes, for the audit log. */
export function ReasonField({ value, locked, wrong, onWrite, inputRef }: ReasonFieldProps) {
  const texts = useTexts().policy
  const id = useId()
  return (
    <div className={cx('cf-field', wrong && 'cf-field-wrong')}>
      <label htmlFor={id}>{texts.reason}</label>
      <p className="cf-hint" id={`${id}-hint`}>
        {texts.reasonHint}
      </p>
      <textarea
        ref={inputRef}
        id={id}
        className="cf-input"
        rows={2}
        maxLength={500}
        value={value}
        readOnly={locked}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={`${id}-hint ${id}-note`}
        onChange={(event) => onWrite(event.target.value)}
      />
      <p className="cf-field-note" id={`${id}-note`}>
        {wrong}
      </p>
    </div>
  )
}
