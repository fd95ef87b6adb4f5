import type { AuditEvent } from '@curfew/client'
import { type FocusEvent, useCallback, useMemo, useState } from 'react'
import { dayText } from '../search/audit'
import { Part } from './part'
import type { Context } from './sentence'

/** How many rows come and go together. A server's page is parted into such pieces. */
const size = 25

interface ListProps {
  pages: readonly { items: AuditEvent[] }[]
  context: Context
}

/**
 * The events, in parts. Only the parts around what is on the screen have their
 * whole rows; the others are plain lists of sentences, which cost next to nothing
 * to keep and to drop, and are still there for a search in the page, for a
 * screen reader, and for the printer.
 *
 * Whole are, too: the first and the last part, which the Tab key comes to from
 * the filters and from the button below, and the part where the keyboard is,
 * with its neighbours, so that no row is passed over.
 */
export function List({ pages, context }: ListProps) {
  const parts = useMemo(() => partsOf(pages), [pages])
  const [focused, setFocused] = useState<number | null>(null)
  const onFocus = useCallback(({ target }: FocusEvent) => {
    const part = target.closest<HTMLElement>('[data-part]')
    if (part) setFocused(Number(part.dataset.part))
  }, [])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only watches where the keyboard is.
    <div className="audit-list" onFocus={onFocus}>
      {parts.map(({ items, from, after, first }, at) => (
        <Part
          key={from}
          at={at}
          from={from}
          items={items}
          after={after}
          context={context}
          first={first}
          kept={at === 0 || at === parts.length - 1 || (focused !== null && Math.abs(at - focused) <= 1)}
        />
      ))}
    </div>
  )
}

interface Piece {
  items: AuditEvent[]
  /** How many events stand before it. */
  from: number
  /** The day that the events before end with, which has its heading already. */
  after: string
  /** Whether a page begins with it: then it is what people see of the page at first. */
  first: boolean
}

/** Parts what was read. Pages are only ever added at the end, so no part changes later. */
function partsOf(pages: ListProps['pages']): Piece[] {
  const parts: Piece[] = []
  let from = 0
  let after = ''
  for (const { items: page } of pages) {
    for (let at = 0; at < page.length; at += size) {
      const items = sliceOf(page, at)
      parts.push({ items, from, after, first: at === 0 })
      from += items.length
      after = dayText(new Date(items.at(-1)?.occurred_at ?? 0))
    }
  }
  return parts
}

/** The slices of a page are made once: a part whose events are the same ones is not drawn again. */
const slices = new WeakMap<AuditEvent[], Map<number, AuditEvent[]>>()

function sliceOf(page: AuditEvent[], at: number): AuditEvent[] {
  const known = slices.get(page) ?? new Map<number, AuditEvent[]>()
  slices.set(page, known)
  const slice = known.get(at) ?? page.slice(at, at + size)
  known.set(at, slice)
  return slice
}
