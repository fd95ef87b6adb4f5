import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from '../ui/button'
import { Row } from './row'

interface EditableRowProps {
  name: string
  value: ReactNode
  note?: ReactNode
  /** What the button changes, for those who hear only its name: "your name". */
  what: string
  /** The form that takes the row's place. */
  children: (close: () => void) => ReactNode
}

/** A row that turns into a form and back; the focus goes with it. */
export function EditableRow({ name, value, note, what, children }: EditableRowProps) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)

  useEffect(() => {
    if (wasOpen.current && !open) button.current?.focus()
    wasOpen.current = open
  }, [open])

  if (open) {
    return (
      <div className="row-open">
        <dt className="sr-only">{name}</dt>
        <dd>{children(() => setOpen(false))}</dd>
      </div>
    )
  }
  const change = (
    <Button ref={button} variant="quiet" onClick={() => setOpen(true)}>
      Change<span className="sr-only"> {what}</span>
    </Button>
  )
  return <Row name={name} value={value} note={note} action={change} />
}
