import type { SessionState } from '@curfew/client'

/** Names the person who is signed in, within their account; null while nobody is. */
export function personKey(state: SessionState): string | null {
  return state.status === 'signed-in' ? `${state.account.id} ${state.user.id}` : null
}
