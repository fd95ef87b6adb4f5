import { useId } from 'react'
import { useFormat, useTexts } from '../context'
import { effective } from './draft'
import type { PolicyForm } from './use-policy-form'

/** The radios: the server's presets, each with its limits in words, and Custom. */
export function PolicyOptions({ form, onPick }: { form: PolicyForm; onPick: (choice: string) => void }) {
  const texts = useTexts().policy
  const format = useFormat()
  const name = useId()
  const { base, draft } = form
  const options = [
    ...base.presets.map((preset) => {
      const minutes = effective(preset, base)
      return {
        value: preset.name as string,
        label: texts.presets[preset.name] ?? preset.name,
        hint: texts.limits(format.duration(minutes.idle_minutes), format.duration(minutes.absolute_minutes)),
      }
    }),
    { value: 'custom', label: texts.custom, hint: texts.customHint },
  ]
  return (
    <fieldset className="cf-options">
      <legend className="cf-sr-only">{texts.group}</legend>
      {options.map(({ value, label, hint }) => (
        <label key={value} className="cf-option">
          <input
            type="radio"
            name={name}
            value={value}
            checked={draft.choice === value}
            aria-describedby={`${name}-${value}`}
            onChange={() => onPick(value)}
          />
          <span className="cf-option-name">{label}</span>
          <span className="cf-option-hint" id={`${name}-${value}`}>
            {hint}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
