import type { ReceiptKey } from '@curfew/client'
import { type FormEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import { useCurfew, useTexts } from './context'
import { isUncertain } from './error-text'
import { isolate, unturned } from './ui/bdi'
import { Button } from './ui/button'
import { cx } from './ui/class-names'
import { Failure } from './ui/failure'
import { Field } from './ui/field'
import { useAction } from './ui/use-action'

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
  /** Called with the number of ended sessions, and what shows which apps have heard. */
  onDone: (count: number, receipt: ReceiptKey) => void
  className?: string
}

/** Asks before many people are signed out, and does it. */
export function RevokeSessionsDialog(props: RevokeSessionsDialogProps) {
  return props.open && <Question {...props} />
}

function Question(props: RevokeSessionsDialogProps) {
  const { scope, people, sessions, accountName, ttlMinutes, onClose, onDone, className } = props
  const client = useCurfew()
  const texts = useTexts()
  const words = texts.revoke
  const [typed, setTyped] = useState('')
  const [mismatch, setMismatch] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  const cancel = useRef<HTMLButtonElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const { busy, error, run } = useAction(async () => {
    const { revoked_count, receipt } = await client.api.revokeSessions({ scope })
    onDone(revoked_count, receipt)
  })
  const all = scope === 'all'
  const mustType = all && (people === null || people > typeOver)

  // Closed while it is still there, so that the browser gives the focus back.
  useLayoutEffect(() => {
    const node = dialog.current
    node?.showModal()
    cancel.current?.focus()
    return () => node?.close()
  }, [])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const wrong = mustType && !same(typed, accountName)
    setMismatch(wrong)
    if (wrong) input.current?.focus()
    else void run()
  }
  // A request under way holds the dialog open: it cannot be taken back.
  const close = () => {
    if (!busy) onClose()
  }
  return (
    <dialog
      ref={dialog}
      role="alertdialog"
      className={cx('cf-dialog', className)}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
      aria-busy={busy || undefined}
      onClick={(event) => event.target === dialog.current && close()}
      onKeyDown={(event) => {
        // A browser closes on a second Escape whatever the first one's handler says.
        if (event.key === 'Escape' && busy) event.preventDefault()
      }}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      <form className="cf-dialog-form" noValidate onSubmit={submit}>
        <h2 id={`${id}-title`}>{words.title(words[scope])}</h2>
        <div id={`${id}-body`}>
          <p>{(all ? words.allBody : words.othersBody)(people, sessions)}</p>
          <p>{words.soon(ttlMinutes)}</p>
        </div>
        {mustType && (
          <Field
            label={words.typeName(isolate(accountName))}
            ref={input}
            autoCapitalize="off"
            spellCheck={false}
            value={typed}
            readOnly={busy}
            wrong={mismatch && words.mismatch}
            onChange={(event) => {
              setTyped(event.target.value)
              setMismatch(false)
            }}
          />
        )}
        {error !== null && (
          <Failure says={isUncertain(error) ? words.uncertain : words.failed} error={error} />
        )}
        <div className="cf-dialog-actions">
          <Button ref={cancel} off={busy} onClick={onClose}>
            {texts.common.cancel}
          </Button>
          <Button type="submit" look="danger" off={busy}>
            {busy ? words.running : error !== null ? texts.common.tryAgain : words[scope]}
          </Button>
        </div>
      </form>
    </dialog>
  )
}

/** Typed by hand: what looks the same counts as the same. */
function same(typed: string, name: string): boolean {
  const plain = (text: string) => unturned(text).normalize('NFC').trim().replace(/\s+/g, ' ')
  return plain(typed) === plain(name)
}
