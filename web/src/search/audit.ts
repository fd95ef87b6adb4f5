import { actions } from '../audit/actions'

/** The audit log's filters, as they stand in the address. */
export interface AuditSearch {
  action?: string
  /** The id of the person who did it. */
  actor?: string
  /** The first day, such as 2026-11-01, in the reader's time zone. */
  from?: string
  /** The last day, itself included. */
  to?: string
}

/** The filters as the server takes them. */
export interface AuditFilter {
  action?: string
  actor_id?: string
  from?: string
  to?: string
}

const names = ['action', 'actor', 'from', 'to'] as const

/**
 * Reads the filters of an address. Whatever stands there is kept as text, so
 * that the page can say what it did not understand; only its length is cut.
 */
export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const read: AuditSearch = {}
  for (const name of names) {
    const value = search[name]
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const text = String(value).trim().slice(0, 100)
    if (text) read[name] = text
  }
  return read
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Makes the server's filter of an address's, and names the parts that mean
 * nothing. These are left out: the page says so beside the list.
 */
export function auditFilter(search: AuditSearch): { filter: AuditFilter; ignored: (keyof AuditSearch)[] } {
  const filter: AuditFilter = {}
  const ignored: (keyof AuditSearch)[] = []
  if (search.action) {
    // The pages and the server are of one version: what is not listed, it refuses.
    if (Object.hasOwn(actions, search.action)) filter.action = search.action
    else ignored.push('action')
  }
  if (search.actor) {
    if (uuid.test(search.actor)) filter.actor_id = search.actor.toLowerCase()
    else ignored.push('actor')
  }
  if (search.from) {
    const day = dayOf(search.from)
    if (day) filter.from = day.toISOString()
    else ignored.push('from')
  }
  if (search.to) {
    // The server's bound is the first moment that is not wanted any more.
    const day = dayOf(search.to, 1)
    if (day) filter.to = day.toISOString()
    else ignored.push('to')
  }
  return { filter, ignored }
}

/** Whether the first day comes after the last: then nothing can be found. */
export function endsBeforeItBegins(search: AuditSearch): boolean {
  const from = search.from ? dayOf(search.from) : null
  const to = search.to ? dayOf(search.to) : null
  return from !== null && to !== null && from > to
}

/**
 * The local midnight at which a day begins, `plus` days on; null for what is
 * no day. Counting by date keeps days of 23 and 25 hours right.
 */
export function dayOf(text: string, plus = 0): Date | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!parts) return null
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const date = new Date(year, month - 1, day)
  const exists = date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day
  return exists ? new Date(year, month - 1, day + plus) : null
}

/** The day of a moment as it stands in an address, in the reader's time zone. */
export function dayText(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
