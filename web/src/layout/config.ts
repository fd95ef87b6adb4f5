import { queryOptions } from '@tanstack/react-query'
import { client } from '../client'

/** What the pages before sign-in must know of the server. */
export const configQuery = queryOptions({
  queryKey: ['auth-config'],
  queryFn: ({ signal }) => client.api.getAuthConfig({ signal }),
  staleTime: 60_000,
})
