import type { AuditEvent } from '@curfew/client'
import { ChevronRight } from 'lucide-react'
import { memo, useId } from 'react'
import { Details } from './event-details'
import { type Context, sentenceOf } from './sentence'
import { When } from './when'

interface RowProps {
  event: AuditEvent
  context: Context
  open: boolean
  onToggle: (id: string) => void
}

/** One event in one line; it unfolds to all that is known of it. */
export const Row = memo(function Row({ event, context, open, onToggle }: RowProps) {
  const id = useId()
  return (
    <li className="audit-row">
      <button
        type="button"
        className="audit-line"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => onToggle(event.id)}
      >
        <ChevronRight className="audit-chevron" aria-hidden="true" size={16} strokeWidth={1.75} />
        <span className="audit-sentence">{sentenceOf(event, context)}</span>
        <When iso={event.occurred_at} format={context.format} />
      </button>
      {open ? <Details id={id} event={event} context={context} /> : null}
    </li>
  )
})
