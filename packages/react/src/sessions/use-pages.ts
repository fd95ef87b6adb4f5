import { useState } from 'react'
import type { SessionItem } from '../types'
import { useLatest } from '../ui/use-latest'
import { type Resource, useResource } from '../use-resource'

interface Page {
  items: SessionItem[]
  next_cursor: string | null
}

/** A list that grows by its cursor. */
export interface Pages extends Resource<Page> {
  items: SessionItem[]
  /** Loads the next page; null at the end of the list. */
  more: (() => Promise<void>) | null
  loadingMore: boolean
  /** Why the next page could not be loaded. */
  moreError: unknown
  /** Takes an ended session out. */
  drop(id: string): void
}

/** Loads the first page for a key, and more on demand. A reload starts again from the first. */
export function usePages(
  key: string | null,
  load: (cursor: string | undefined, signal?: AbortSignal) => Promise<Page>,
): Pages {
  const resource = useResource<Page>(key, (signal) => load(undefined, signal))
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const { data, put } = resource
  // A page that was asked for before a reload belongs to the list before it.
  const current = useLatest(data)

  const more = async () => {
    const before = data
    if (!before?.next_cursor || state.busy) return
    setState({ busy: true, error: null })
    try {
      const page = await load(before.next_cursor)
      if (current.current === before)
        put({ items: [...before.items, ...page.items], next_cursor: page.next_cursor })
      setState({ busy: false, error: null })
    } catch (error) {
      setState({ busy: false, error })
    }
  }

  return {
    ...resource,
    items: data?.items ?? [],
    more: data?.next_cursor ? more : null,
    loadingMore: state.busy,
    moreError: state.error,
    drop: (id) => data && put({ ...data, items: data.items.filter((item) => item.id !== id) }),
  }
}
