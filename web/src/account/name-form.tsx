import type { CurfewErrorLike } from '@curfew/client'
import { Bdi } from '@curfew/react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'
import { FailureNote } from '../ui/failure'
import { Field, TextInput } from '../ui/field'
import { fieldErrors } from '../ui/words'

interface NameFormProps {
  label: string
  hint?: string
  /** The name as the server has it, and the ETag it had then. */
  value: string
  etag: string | null
  autoComplete?: string
  /** Saves; must reject when the name has moved on since `etag`. */
  save: (name: string, etag: string | null) => Promise<void>
  /** Reads the name anew after somebody else changed it. */
  reread: () => Promise<{ value: string; etag: string | null }>
  onClose: () => void
}

/**
 * Changes a name. When somebody else changed it meanwhile, both are shown, and
 * what was typed is kept until one of them is chosen.
 */
export function NameForm({ label, hint, value, etag, autoComplete, save, reread, onClose }: NameFormProps) {
  const [name, setName] = useState(value)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [wrong, setWrong] = useState('')
  const [theirs, setTheirs] = useState<{ value: string; etag: string | null } | null>(null)
  // What is saved against: the form's own, so that a reload of the page's data
  // behind it does not pass for having seen the newer name.
  const [base, setBase] = useState(etag)
  const input = useRef<HTMLInputElement>(null)

  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])

  const refuse = (words: string) => {
    setWrong(words)
    input.current?.focus()
  }

  const submit = async (against: string | null) => {
    const typed = name.trim()
    setError(null)
    if (!typed) return refuse('Enter a name.')
    if (typed === value && !theirs) return onClose()
    setBusy(true)
    setTheirs(null)
    try {
      await save(typed, against)
      onClose()
    } catch (failure) {
      if ((failure as CurfewErrorLike).type === 'stale') {
        try {
          const newer = await reread()
          setTheirs(newer)
          setBase(newer.etag)
          // The button that had the focus makes way for the choice.
          input.current?.focus()
        } catch (unread) {
          setError(unread)
        }
      } else {
        const { name: detail } = fieldErrors(failure)
        if (detail) refuse(detail)
        else setError(failure)
      }
    } finally {
      setBusy(false)
    }
  }

  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (!busy) void submit(base)
  }

  return (
    <form className="row-form" onSubmit={onSubmit} noValidate>
      <Field label={label} hint={hint} error={wrong}>
        {(ids) => (
          <TextInput
            {...ids}
            ref={input}
            name="name"
            value={name}
            readOnly={busy}
            autoComplete={autoComplete ?? 'off'}
            onChange={(event) => {
              setName(event.target.value)
              setWrong('')
            }}
            onKeyDown={(event) => {
              if (event.key === 'Escape' && !busy) onClose()
            }}
          />
        )}
      </Field>
      {theirs ? (
        <Alert
          tone="warning"
          role="alert"
          className="mb-4"
          title="Somebody else changed this name meanwhile"
          actions={
            <>
              <Button onClick={onClose}>Use theirs</Button>
              <Button onClick={() => void submit(theirs.etag)}>Keep mine</Button>
            </>
          }
        >
          It is now <Bdi className="font-medium">{theirs.value}</Bdi>. You typed{' '}
          <Bdi className="font-medium">{name}</Bdi>.
        </Alert>
      ) : null}
      {error ? <FailureNote className="mb-4" error={error} /> : null}
      {theirs ? null : (
        <div className="form-actions">
          <Button type="submit" variant="primary" busy={busy}>
            {busy ? 'Saving…' : 'Save'}
          </Button>
          <Button variant="quiet" disabled={busy} onClick={onClose}>
            Cancel
          </Button>
        </div>
      )}
    </form>
  )
}
