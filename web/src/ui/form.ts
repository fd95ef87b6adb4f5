import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react'
import { fieldErrors } from './words'

/** What is wrong, by field; a field that is right is absent. */
export type FieldErrors<Name extends string> = Partial<Record<Name, string>>

interface FormHandle<Name extends string> {
  ref: RefObject<HTMLFormElement | null>
  busy: boolean
  errors: FieldErrors<Name>
  /** A failure that belongs to no field; null once the next attempt begins. */
  failure: unknown
  /** Call when a field changes: its error goes once it is being put right. */
  touched: (name: Name) => void
  onSubmit: (event: FormEvent<HTMLFormElement>) => void
}

interface FormOptions<Name extends string> {
  /** The fields by the names that the server uses, in the order of the page. */
  names: readonly Name[]
  /** What can be seen without asking the server. */
  check: () => FieldErrors<Name>
  /** Sends it. What it throws is shown; what was typed stays. */
  send: () => Promise<void>
  /** Turns a failure into field errors, where the server itself names no field. */
  explain?: (error: unknown) => FieldErrors<Name> | null
}

/**
 * A form that is judged when it is sent: by itself first, then by the server,
 * whose field errors use the same slots. The first wrong field gets the focus.
 */
export function useForm<Name extends string>(options: FormOptions<Name>): FormHandle<Name> {
  const { names, check, send, explain } = options
  const ref = useRef<HTMLFormElement>(null)
  const [busy, setBusy] = useState(false)
  const [errors, setErrors] = useState<FieldErrors<Name>>({})
  const [failure, setFailure] = useState<unknown>(null)
  // Counts refusals, so that the same error twice moves the focus twice.
  const [refused, setRefused] = useState(0)

  useEffect(() => {
    if (refused) ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [refused])

  const refuse = (wrong: FieldErrors<Name>) => {
    setErrors(wrong)
    setRefused((count) => count + 1)
  }

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (busy) return
    setFailure(null)
    const wrong = check()
    if (Object.keys(wrong).length > 0) {
      refuse(wrong)
      return
    }
    setErrors({})
    setBusy(true)
    try {
      await send()
    } catch (error) {
      const explained = explain?.(error) ?? known(names, fieldErrors(error))
      if (explained) refuse(explained)
      else setFailure(error)
    } finally {
      setBusy(false)
    }
  }

  const touched = (name: Name) => {
    if (errors[name]) setErrors({ ...errors, [name]: undefined })
  }
  return { ref, busy, errors, failure, touched, onSubmit }
}

/** The errors of fields that the form has; null when there are others or none. */
function known<Name extends string>(
  names: readonly Name[],
  found: Record<string, string>,
): FieldErrors<Name> | null {
  const fields = Object.keys(found)
  if (fields.length === 0 || fields.some((field) => !(names as readonly string[]).includes(field)))
    return null
  return found as FieldErrors<Name>
}

/** Words for an email address that cannot be one; the server is the judge. */
export function emailError(email: string): string | undefined {
  if (!email.trim()) return 'Enter your email address.'
  if (!/^\S+@\S+$/.test(email.trim())) return 'Enter an email address like name@example.com.'
  return undefined
}

/** Leaves out the fields that are right. */
export function onlyWrong<Name extends string>(errors: Record<Name, string | undefined>): FieldErrors<Name> {
  return Object.fromEntries(Object.entries(errors).filter(([, words]) => words)) as FieldErrors<Name>
}
