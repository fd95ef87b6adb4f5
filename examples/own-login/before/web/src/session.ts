import { useSyncExternalStore } from 'react'

/** Who is signed in. */
export interface Me {
  id: string
  name: string
  harbour: string
  role: string
}

/** Undefined while it is not known, null when it is nobody. */
let me: Me | null | undefined
const listeners = new Set<() => void>()

function know(next: Me | null): void {
  me = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (me === undefined) ask().catch(() => {})
  return () => listeners.delete(listener)
}

const ask = () => call<Me>('GET', '/api/me').then(know)

/** Who is signed in: undefined while that is not known, null when it is nobody. */
export const useMe = () => useSyncExternalStore(subscribe, () => me)

/** Calls the product's API; rejects with words for people. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : null,
  })
  const read = await answer.json().catch(() => ({}))
  if (answer.status === 401) know(null)
  if (!answer.ok) throw new Error(read.detail ?? 'That did not work. Try again.')
  return read
}

/** Signs in with the product's own password. */
export async function signIn(email: string, password: string): Promise<void> {
  await call('POST', '/api/sign-in', { email, password })
  await ask()
}

export async function signOut(): Promise<void> {
  await call('POST', '/api/sign-out')
  know(null)
}
