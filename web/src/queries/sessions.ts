import { queryOptions } from '@tanstack/react-query'
import { client } from '../client'
import { collect } from './pages'

/** How many sessions the age timeline draws at most. */
export const timelineSessions = 200

/** The account's active sessions, latest activity first, up to 200; an owner's. */
export const activeSessionsQuery = queryOptions({
  queryKey: ['sessions', 'active'],
  queryFn: ({ signal }) =>
    collect(timelineSessions, (page) => client.api.listSessions({ ...page, status: 'active' }, { signal })),
})
