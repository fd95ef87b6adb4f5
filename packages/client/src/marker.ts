import type { Environment } from './types'

/**
 * What this browser's storage knows: the id of the session last seen here, and
 * the deadline whose warning was dismissed. Never a token. It tells "nobody was
 * signed in" from "the session's cookie has run out", and keeps a dismissed
 * warning dismissed through a reload.
 */
export interface Marker {
  session(): string | null
  dismissed(): number
  set(session: string | null, dismissed?: number): void
}

export function createMarker(env: Environment, name: string): Marker {
  // Stands in where storage is refused.
  let memory = ''
  const read = () => {
    try {
      return (env.localStorage ? env.localStorage.getItem(name) : memory) ?? ''
    } catch {
      return memory
    }
  }
  return {
    session: () => read().split(' ')[0] || null,
    dismissed: () => Number(read().split(' ')[1]) || 0,
    set(session, dismissed = 0) {
      const next = session ? `${session} ${dismissed}` : ''
      if (next === read()) return
      memory = next
      try {
        if (next) env.localStorage?.setItem(name, next)
        else env.localStorage?.removeItem(name)
      } catch {
        // The memory above has it.
      }
    },
  }
}
