import { queryOptions } from '@tanstack/react-query'
import { client } from '../client'

/** The account, with the ETag that a change of its name has to match. */
export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => client.api.getAccount({ signal }),
})

/** The signed-in person, with the ETag that a change of their name has to match. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => client.api.getMe({ signal }),
})
