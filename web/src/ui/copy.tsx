import { useEffect, useId, useRef, useState } from 'react'
import { Button } from './button'

interface CopyFieldProps {
  label: string
  value: string
}

/** A value to take along, such as a link that is shown once. */
export function CopyField({ label, value }: CopyFieldProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState('')

  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), 4000)
    return () => clearTimeout(timer)
  }, [said])

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value)
      setSaid('Copied')
    } catch {
      // Clipboards need a secure page and leave; marked text can always be copied.
      input.current?.select()
      setSaid('Press Ctrl+C or ⌘C to copy')
    }
  }

  return (
    <div className="web-field">
      <label className="web-label" htmlFor={id}>
        {label}
      </label>
      <div className="web-copy">
        <input
          ref={input}
          id={id}
          className="web-input"
          readOnly
          value={value}
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button onClick={copy}>Copy</Button>
      </div>
      <p className="web-copy-said" role="status">
        {said}
      </p>
    </div>
  )
}
