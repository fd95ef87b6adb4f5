import type { InfiniteData } from '@tanstack/react-query'

/** A page of a list, as every list of the API answers. */
interface ListPage<T> {
  items: T[]
  next_cursor: string | null
}

/** What TanStack Query needs to walk through such a list. */
export const byCursor = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor ?? undefined,
}

/** All items of the pages loaded so far. */
export function itemsOf<T>(data: InfiniteData<ListPage<T>, unknown> | undefined): T[] {
  return data ? data.pages.flatMap((page) => page.items) : []
}

/**
 * Walks through a list until it ends or holds `most` items. `more` says that it
 * did not end.
 */
export async function collect<T>(
  most: number,
  load: (page: { limit: number; cursor?: string }) => Promise<ListPage<T>>,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await load({ limit: Math.min(200, most - items.length), cursor })
    items.push(...page.items)
    cursor = page.next_cursor ?? undefined
  } while (cursor && items.length < most)
  return { items, more: cursor !== undefined }
}
