import type { AuditEvent } from '@curfew/client'
import { dayText } from '../search/audit'

/** Parts events by the reader's days. */
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
