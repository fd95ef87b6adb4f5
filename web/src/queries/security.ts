import { queryOptions } from '@tanstack/react-query'
import { client } from '../client'

/** The account's session policy; an owner's. */
export const securityQuery = queryOptions({
  queryKey: ['security'],
  queryFn: ({ signal }) => client.api.getSecurity({ signal }),
})
