import { createClient } from '@curfew/client'
import { useSession } from '@curfew/react'

/** Who is signed in. */
export interface Me {
  id: string
  name: string
  harbour: string
  role: string
}

export const client = createClient({ baseUrl: '/curfew' })

/** Who is signed in: undefined while that is not known, null when it is nobody. */
export function useMe(): Me | null | undefined {
  const state = useSession()
  if (state.status === 'loading') return undefined
  return state.status === 'signed-in' ? { ...state.user, harbour: state.account.name } : null
}

/** Calls the product's API; rejects with words for people. */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  fetch = client.fetch,
): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : null,
  })
  const read = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(read.detail ?? 'That did not work. Try again.')
  return read
}

/** Signs in with the product's own password. */
export async function signIn(email: string, password: string): Promise<void> {
  await client.signInWith(() => call('POST', '/api/sign-in', { email, password }, fetch))
}

export const signOut = () => client.signOut()
