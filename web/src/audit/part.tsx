import type { AuditEvent } from '@curfew/client'
import { type CSSProperties, memo, useCallback, useMemo, useRef, useState } from 'react'
import { byDay, dayWords } from './days'
import { Row } from './row'
import { type Context, plainSentence } from './sentence'
import { useNear } from './use-near'

interface PartProps {
  at: number
  /** How many events stand before it. */
  from: number
  items: AuditEvent[]
  /** The day the part before ended with, which has its heading already. */
  after: string
  context: Context
  /** Begins with whole rows, before it is known how far it is from the screen. */
  first: boolean
  /** Keeps its whole rows, however far it is. */
  kept: boolean
}

/**
 * A part of the list, a heading for each day. It has whole rows while it is
 * near the screen, or has one open; else a sentence in their place, as high as they.
 */
export const Part = memo(function Part({ at, from, items, after, context, first, kept }: PartProps) {
  const node = useRef<HTMLDivElement>(null)
  const near = useNear(node, first)
  const [open, setOpen] = useState<ReadonlySet<string>>(none)
  const toggle = useCallback((id: string) => setOpen((now) => toggled(now, id)), [])
  const days = useMemo(() => byDay(items), [items])
  const whole = near || kept || open.size > 0
  return (
    <div
      ref={node}
      className="audit-part"
      data-part={at}
      data-from={from}
      style={measures(items, days, after)}
    >
      {days.map(({ day, events }) => (
        <section key={day} className="audit-day">
          {day === after ? null : (
            <h2 className="audit-date">{dayWords(events[0]?.occurred_at ?? '', new Date())}</h2>
          )}
          <ol className="audit-rows">
            {events.map((event) =>
              whole ? (
                <Row
                  key={event.id}
                  event={event}
                  context={context}
                  open={open.has(event.id)}
                  onToggle={toggle}
                />
              ) : (
                <li key={event.id} className="audit-row audit-far">
                  {`${plainSentence(event, context)}\n${context.format.ago(event.occurred_at)}`}
                </li>
              ),
            )}
          </ol>
        </section>
      ))}
    </div>
  )
})

/** What the style sheet works out a part's height from, before it was ever drawn. */
function measures(
  items: readonly AuditEvent[],
  days: ReturnType<typeof byDay>,
  after: string,
): CSSProperties {
  const headings = days[0]?.day === after ? days.length - 1 : days.length
  return {
    '--audit-rows': items.length,
    '--audit-days': days.length,
    '--audit-headings': headings,
  } as CSSProperties
}

const none: ReadonlySet<string> = new Set()

function toggled(open: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(open)
  if (!next.delete(id)) next.add(id)
  return next
}
