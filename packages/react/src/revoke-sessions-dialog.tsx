import { type FormEvent, type MouseEvent, useEffect, useId, useRef, useState } from 'react'
import { useCurfew, useTexts } from './context'
import { isUncertain } from './error-text'
import { isolate } from './format'
import { Button } from './ui/button'
import { cx } from './ui/class-names'
import { Failure } from './ui/failure'

/** More people than this are signed out only after the account's name was typed. */
const typeOver = 25

/** What `RevokeSessionsDialog` takes. */
export interface RevokeSessionsDialogProps {
  open: boolean
  /** `all`: everyone, the caller included. `others`: all but the caller's own sessions. */
  scope: 'all' | 'others'
  /** How many people will be signed out, the caller counted with `all`; null when not known. */
  people: number | null
  /** How many sessions will end; null when not known. */
  sessions: number | null
  /** To be typed when many people, or an unknown number, are signed out with `all`. */
  accountName: string
  /** How long an access token lives: how soon apps that check tokens themselves follow. */
  ttlMinutes: number
  onClose: () => void
  /** Called with the number of ended sessions. */
  onDone: (count: number) => void
  className?: string
}

/** Asks before many people are signed out, and does it. */
export function RevokeSessionsDialog(props: RevokeSessionsDialogProps) {
  const { open, onClose, className } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const cancel = useRef<HTMLButtonElement>(null)
  const id = useId()
  // A request under way holds the dialog open: it cannot be taken back.
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    const node = dialog.current
    if (!node || !open) return
    node.showModal()
    cancel.current?.focus()
    return () => node.close()
  }, [open])

  const close = () => {
    if (!busy) onClose()
  }
  const backdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) close()
  }
  return (
    <dialog
      ref={dialog}
      role="alertdialog"
      className={cx('cf-dialog', className)}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
      aria-busy={busy || undefined}
      onClick={backdrop}
      onKeyDown={(event) => {
        // A browser closes on a second Escape whatever the first one's handler says.
        if (event.key === 'Escape' && busy) event.preventDefault()
      }}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      {open && <Question {...props} id={id} cancelRef={cancel} busy={busy} setBusy={setBusy} />}
    </dialog>
  )
}

interface QuestionProps extends RevokeSessionsDialogProps {
  id: string
  cancelRef: React.RefObject<HTMLButtonElement | null>
  busy: boolean
  setBusy: (busy: boolean) => void
}

function Question({
  scope,
  people,
  sessions,
  accountName,
  ttlMinutes,
  onClose,
  onDone,
  id,
  cancelRef,
  busy,
  setBusy,
}: QuestionProps) {
  const client = useCurfew()
  const texts = useTexts()
  const [typed, setTyped] = useState('')
  const [mismatch, setMismatch] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const input = useRef<HTMLInputElement>(null)
  const all = scope === 'all'
  const mustType = all && (people === null || people > typeOver)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (mustType && !same(typed, accountName)) {
      setMismatch(true)
      input.current?.focus()
      return
    }
    setBusy(true)
    setError(null)
    try {
      const { revoked_count } = await client.api.revokeSessions({ scope })
      setBusy(false)
      onDone(revoked_count)
    } catch (failure) {
      setBusy(false)
      setError(failure)
    }
  }

  return (
    <form className="cf-dialog-form" noValidate onSubmit={submit}>
      <h2 id={`${id}-title`}>{all ? texts.revoke.allTitle : texts.revoke.othersTitle}</h2>
      <div id={`${id}-body`}>
        <p>{all ? texts.revoke.allBody(people, sessions) : texts.revoke.othersBody(people, sessions)}</p>
        <p>{texts.revoke.soon(ttlMinutes)}</p>
      </div>
      {mustType && (
        <div className={cx('cf-field', mismatch && 'cf-field-wrong')}>
          <label htmlFor={`${id}-name`}>{texts.revoke.typeName(isolate(accountName))}</label>
          <input
            ref={input}
            id={`${id}-name`}
            className="cf-input"
            type="text"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={typed}
            readOnly={busy}
            aria-invalid={mismatch ? true : undefined}
            aria-describedby={`${id}-note`}
            onChange={(event) => {
              setTyped(event.target.value)
              setMismatch(false)
            }}
          />
          <p className="cf-field-note" id={`${id}-note`}>
            {mismatch && texts.revoke.mismatch}
          </p>
        </div>
      )}
      {error !== null && (
        <Failure says={isUncertain(error) ? texts.revoke.uncertain : texts.revoke.failed} error={error} />
      )}
      <div className="cf-dialog-actions">
        <Button ref={cancelRef} off={busy} onClick={onClose}>
          {texts.common.cancel}
        </Button>
        <Button type="submit" look="danger" off={busy}>
          {busy
            ? texts.revoke.running
            : error !== null
              ? texts.common.tryAgain
              : all
                ? texts.revoke.all
                : texts.revoke.others}
        </Button>
      </div>
    </form>
  )
}

/** Typed by hand: what looks the same counts as the same. */
function same(typed: string, name: string): boolean {
  const plain = (text: string) => text.normalize('NFC').trim().replace(/\s+/g, ' ')
  return plain(typed) === plain(name)
}
