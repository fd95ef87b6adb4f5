import type { Client } from '@curfew/client'
import { useCurfew } from '@curfew/react'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { client } from '../client'

function configOf(from: Client) {
  return queryOptions({
    queryKey: ['auth-config'],
    queryFn: ({ signal }) => from.api.getAuthConfig({ signal }),
    staleTime: 60_000,
  })
}

/** What the pages before sign-in must know of the server. */
export const configQuery = configOf(client)

/** The server's answer to it, asked by the client that the page was given. */
export function useConfig({ enabled = true } = {}) {
  return useQuery({ ...configOf(useCurfew()), enabled })
}
