import { infiniteQueryOptions, type QueryClient } from '@tanstack/react-query'
import { client } from '../client'
import type { AuditFilter } from '../search/audit'
import { byCursor } from './pages'

type Query = NonNullable<Parameters<typeof client.api.listAuditEvents>[0]>

/**
 * The filter as the client takes it. The action may be one that this build
 * does not know: the server is the judge of that.
 */
export function asked(filter: AuditFilter): Pick<Query, 'action' | 'actor_id' | 'from' | 'to'> {
  return { ...filter, action: filter.action as Query['action'] }
}

/** How many events come at once. */
const auditPage = 100

/** The audit log under a filter, newest first; an owner's. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      client.api.listAuditEvents({ ...asked(filter), limit: auditPage, cursor: pageParam }, { signal }),
    ...byCursor,
    // Reading again from the first page to the last would be thousands of events.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnReconnect: false,
    refetchOnMount: false,
    // What is left by going elsewhere is read anew on return.
    gcTime: 60_000,
  })

/**
 * Lets go of all but the first page of a list that is no longer on show: to draw
 * thousands of rows at once on return would keep people waiting.
 */
export function keepFirstPage(cache: QueryClient, filter: AuditFilter): void {
  cache.setQueryData(auditQuery(filter).queryKey, (data) =>
    data ? { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) } : undefined,
  )
}
