import { type Ref, useId } from 'react'
import { Field } from '../ui/field'
import { parse } from './draft'
import { limitActions, limitInForce, limitUnset } from './limit'
import type { PolicyForm } from './use-policy-form'
import { useFormTexts } from './words'

interface LimitFieldsProps {
  form: PolicyForm
  locked: boolean
  /** What the server said of the number. */
  refused: string | undefined
  /** Something was changed. */
  onEdit: () => void
  inputRef: Ref<HTMLInputElement>
}

/** How many sessions one person may have at once, and what happens at that number. */
export function LimitFields({ form, locked, refused, onEdit, inputRef }: LimitFieldsProps) {
  const texts = useFormTexts().perPerson
  const name = useId()
  const { base, limit, limitSaid } = form
  const unset = limitUnset(base)
  const number = parse(limit.text)
  const counts = limitInForce(limit, base)
  const outside = number !== null && number === base.max_sessions_per_user && number !== counts
  return (
    <div className="cf-policy-apply">
      <Field
        label={texts.label}
        hint={unset === null ? texts.hint : texts.hintMost(unset)}
        ref={inputRef}
        className="cf-input-minutes"
        inputMode="numeric"
        value={limit.text}
        readOnly={locked}
        unit={texts.unit(number)}
        wrong={
          limitSaid
            ? limitSaid === 'range'
              ? texts.range(base.max_sessions_per_user_max)
              : texts.whole
            : refused
        }
        note={outside && counts !== null && texts.stored(number, counts)}
        onChange={(event) => {
          onEdit()
          form.writeLimit({ ...limit, text: event.target.value })
        }}
        onBlur={form.leaveLimit}
      />
      <fieldset className="cf-choices" disabled={counts === null}>
        <legend>{texts.action}</legend>
        {limitActions.map((action) => (
          <label key={action} className="cf-check">
            <input
              type="radio"
              name={name}
              checked={limit.action === action}
              onChange={() => {
                if (locked) return
                onEdit()
                form.writeLimit({ ...limit, action })
              }}
            />
            <span>{texts.actions[action]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  )
}
