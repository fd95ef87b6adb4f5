import type { SessionItem } from '../types'
import { useAction } from '../ui/use-action'
import { useLatest } from '../ui/use-latest'
import { type Resource, useResource } from '../use-resource'

interface Page {
  items: SessionItem[]
  next_cursor: string | null
}

/** A list that grows by its cursor. */
export interface Pages extends Resource<Page> {
  /** Loads the next page. */
  more: ReturnType<typeof useAction>
  /** Takes an ended session out. */
  drop(id: string): void
}

/** Loads the first page for a key, and more on demand. A reload starts again from the first. */
export function usePages(
  key: string | null,
  load: (cursor: string | undefined, signal?: AbortSignal) => Promise<Page>,
): Pages {
  const resource = useResource<Page>(key, (signal) => load(undefined, signal))
  const { data, put } = resource
  // A page that was asked for before a reload belongs to the list before it.
  const current = useLatest(data)
  const more = useAction(async () => {
    if (!data?.next_cursor) return
    const page = await load(data.next_cursor)
    if (current.current === data) put({ ...page, items: [...data.items, ...page.items] })
  })
  const drop = (id: string) => data && put({ ...data, items: data.items.filter((item) => item.id !== id) })
  return { ...resource, more, drop }
}
