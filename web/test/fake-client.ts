import type { Client, Operations, SessionState } from '@curfew/client'

export const nobody: SessionState = { status: 'signed-out', reason: null }
export const unknown: SessionState = { status: 'loading', error: null }

/** Somebody who is signed in. */
export function someone(
  parts: { id?: string; name?: string; email?: string; role?: 'owner' | 'member' } = {},
) {
  const { id = 'ada', name = 'Ada Lovelace', email = 'ada@example.com', role = 'owner' } = parts
  const at = '2026-01-01T00:00:00Z'
  return {
    status: 'signed-in',
    session: {
      id: `session-of-${id}`,
      generation: 1,
      started_at: at,
      last_active_at: at,
      idle_minutes: 10080,
      absolute_minutes: 20160,
      idle_expires_at: '2036-01-01T00:00:00Z',
      absolute_expires_at: '2036-01-08T00:00:00Z',
    },
    user: { id, name, email, role },
    account: { id: 'acme', name: 'Acme' },
  } as const satisfies SessionState
}

export const config = {
  signup_allowed: false,
  setup_needed: false,
  password_min: 15,
  idle_minutes_default: 10080,
  mail_enabled: true,
}

type Parts = Partial<Omit<Client, 'api' | 'session' | 'expiry'>> & { api?: Partial<Operations> }

/** A client whose session the test sets and whose answers it chooses. Anything else fails. */
export function fakeClient(first: SessionState, parts: Parts = {}) {
  let state = first
  const listeners = new Set<() => void>()
  const missing = async (): Promise<never> => {
    throw new Error('the test gives no answer to this')
  }
  const client: Client = {
    baseUrl: '',
    start() {},
    stop() {},
    signUp: missing,
    signIn: missing,
    acceptInvite: missing,
    openPortal: missing,
    signInWith: missing,
    signOut: missing,
    staySignedIn: missing,
    refresh: missing,
    check: async () => {},
    forget() {},
    dismissWarning() {},
    fetch: missing,
    serverNow: () => Date.now(),
    on: () => () => {},
    ...parts,
    expiry: { get: () => null, subscribe: () => () => {} },
    session: {
      get: () => state,
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    api: new Proxy({ getAuthConfig: async () => config, ...parts.api } as unknown as Operations, {
      get: (answers, name) => Reflect.get(answers, name) ?? missing,
    }),
  }
  return {
    client,
    become(next: SessionState) {
      state = next
      for (const listener of [...listeners]) listener()
    },
  }
}
