import type { AuditEvent } from '@curfew/client'
import { ChevronRight } from 'lucide-react'
import { memo, useId, useState } from 'react'
import { Details } from './event-details'
import { type Context, sentenceOf } from './sentence'
import { When } from './when'

interface RowProps {
  event: AuditEvent
  context: Context
}

/**
 * One event in one line; it unfolds to all that is known of it. Each row keeps
 * to itself whether it is open, so that opening one draws one, however many
 * there are.
 */
export const Row = memo(function Row({ event, context }: RowProps) {
  const [open, setOpen] = useState(false)
  const id = useId()
  return (
    <li className="audit-row">
      <button
        type="button"
        className="audit-line"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <ChevronRight className="audit-chevron" aria-hidden="true" size={16} strokeWidth={1.75} />
        <span className="audit-sentence">{sentenceOf(event, context)}</span>
        <When iso={event.occurred_at} format={context.format} />
      </button>
      {open ? <Details id={id} event={event} context={context} /> : null}
    </li>
  )
})
