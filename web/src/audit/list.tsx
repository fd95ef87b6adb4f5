import type { AuditEvent } from '@curfew/client'
import { memo, useMemo } from 'react'
import { dayText } from '../search/audit'
import { Row } from './row'
import type { Context } from './sentence'

interface ListProps {
  pages: readonly { items: AuditEvent[] }[]
  context: Context
}

/**
 * The events, a heading for each day. Every page of the list is a part of its
 * own: what is off the screen is not laid out (`content-visibility`), and a page
 * that has not changed is not drawn again.
 */
export function List({ pages, context }: ListProps) {
  return (
    <div className="audit-list">
      {pages.map((page, at) => (
        <Part
          // Pages are only ever added at the end.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={at}
          items={page.items}
          after={lastDay(pages[at - 1]?.items)}
          context={context}
        />
      ))}
    </div>
  )
}

const lastDay = (items: AuditEvent[] | undefined) => {
  const last = items?.at(-1)
  return last ? dayText(new Date(last.occurred_at)) : ''
}

interface PartProps {
  items: AuditEvent[]
  /** The day the part before ended with, which has its heading already. */
  after: string
  context: Context
}

const Part = memo(function Part({ items, after, context }: PartProps) {
  const days = useMemo(() => byDay(items), [items])
  return (
    <div className="audit-part">
      {days.map(({ day, events }) => (
        <section key={day} className="audit-day">
          {day === after ? null : <Day iso={events[0]?.occurred_at ?? ''} />}
          <ol className="audit-rows">
            {events.map((event) => (
              <Row key={event.id} event={event} context={context} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  )
})

/** Parts a page by the reader's days. */
export function byDay(items: readonly AuditEvent[]): { day: string; events: AuditEvent[] }[] {
  const days: { day: string; events: AuditEvent[] }[] = []
  for (const event of items) {
    const day = dayText(new Date(event.occurred_at))
    const last = days.at(-1)
    if (last?.day === day) last.events.push(event)
    else days.push({ day, events: [event] })
  }
  return days
}

function Day({ iso }: { iso: string }) {
  return <h2 className="audit-date">{dayWords(iso, new Date())}</h2>
}

/** A day as people call it: "Today", "Yesterday", else the date. */
export function dayWords(iso: string, now: Date, locale?: string): string {
  const at = new Date(iso)
  const day = dayText(at)
  if (day === dayText(now)) return 'Today'
  if (day === dayText(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday'
  return new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(at)
}
