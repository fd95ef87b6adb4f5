import { createClient } from '@curfew/client'
import { QueryClient } from '@tanstack/react-query'

/** The one client of these pages, which Curfew itself serves. */
export const client = createClient()

/**
 * What was read from the server. The client itself retries what can be
 * retried, so a failure is shown at once, with a way to try again; without a
 * network, too, instead of waiting for one behind a skeleton.
 */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: false, staleTime: 10_000, networkMode: 'always', refetchOnReconnect: true },
  },
})
