import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { client } from '../client'
import { byCursor, collect } from './pages'

/** The account's people by name, page by page; an owner's. */
export const peopleQuery = infiniteQueryOptions({
  queryKey: ['people', 'pages'],
  queryFn: ({ pageParam, signal }) => client.api.listUsers({ limit: 50, cursor: pageParam }, { signal }),
  ...byCursor,
})

/**
 * Who is who, for words about ids: up to 1000 people. Whoever is missing is
 * spoken of without a name.
 */
export const namesQuery = queryOptions({
  queryKey: ['people', 'names'],
  queryFn: async ({ signal }) => {
    const { items, more } = await collect(1000, (page) => client.api.listUsers(page, { signal }))
    return { people: items.map(({ id, name, email }) => ({ id, name, email })), more }
  },
  staleTime: 60_000,
})

/** Open invitations; an owner's. */
export const invitesQuery = infiniteQueryOptions({
  queryKey: ['invites'],
  queryFn: ({ pageParam, signal }) => client.api.listInvites({ limit: 50, cursor: pageParam }, { signal }),
  ...byCursor,
})
