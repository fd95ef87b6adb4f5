import type { Client } from '@curfew/client'
import { personKey } from '@curfew/react'
import type { QueryClient } from '@tanstack/react-query'

/**
 * Forgets what was read from the server as soon as another person is signed in,
 * in whatever tab that happened, or nobody is. Subscribe before anything is
 * rendered, so that no page draws one person's data for another.
 */
export function forgetForOthers(client: Pick<Client, 'session'>, queries: QueryClient): () => void {
  let shown = personKey(client.session.get())
  return client.session.subscribe(() => {
    const state = client.session.get()
    if (state.status === 'loading') return
    const next = personKey(state)
    if (shown !== null && next !== shown) queries.clear()
    shown = next
  })
}

/**
 * Remembers who is signed in. The answer to what one person changed may come
 * when another is there already: it must not be put where they look.
 */
export function samePerson(client: Pick<Client, 'session'>): () => boolean {
  const whose = personKey(client.session.get())
  return () => personKey(client.session.get()) === whose
}
