import type { ReactNode } from 'react'

/** Rows of what is, and what may be changed about it. */
export function Rows({ children }: { children: ReactNode }) {
  return <dl className="rows">{children}</dl>
}

interface RowProps {
  name: string
  /** What it is now. */
  value: ReactNode
  /** A quieter line below the value. */
  note?: ReactNode
  /** A link or button at the right. Its name says which row it is for. */
  action?: ReactNode
}

/** One row: its name, its value, what can be done. */
export function Row({ name, value, note, action }: RowProps) {
  return (
    <div className="row">
      <dt className="row-name">{name}</dt>
      <dd className="row-value">
        {value}
        {note ? <span className="row-note">{note}</span> : null}
      </dd>
      {action ? <dd className="row-action">{action}</dd> : null}
    </div>
  )
}
