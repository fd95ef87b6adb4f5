import type {
  Client,
  CurfewErrorLike,
  Events,
  Expiry,
  Observable,
  Operations,
  SessionState,
} from '@curfew/client'
import { sampleReceipt, sampleReceiptKey, sampleSecurity, sampleSession, sampleSessions } from './samples'

/** A client that only pretends, and what moves it. */
export interface FakeClient {
  client: Client
  /** Replaces one operation's answer. */
  answer<K extends keyof Operations>(operation: K, give: (...args: never[]) => unknown): void
  setSession(state: SessionState): void
  setExpiry(expiry: Expiry | null): void
  emit<K extends keyof Events>(event: K, value: Events[K]): void
  /** Every call of the client and its operations, with its arguments. */
  calls: [name: string, ...args: unknown[]][]
  setNow(now: number | null): void
  /** What `staySignedIn` does. */
  onStay: () => Promise<void>
}

function observable<T>(first: T): Observable<T> & { set(value: T): void } {
  let value = first
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(next) {
      value = next
      for (const listener of [...listeners]) listener()
    },
  }
}

/** An error as the client's own. */
export function fakeError(
  kind: CurfewErrorLike['kind'],
  status = 0,
  more: { detail?: string; errors?: { field?: string; detail: string }[]; retryAfterSeconds?: number } = {},
): CurfewErrorLike {
  const problem =
    kind === 'problem'
      ? {
          type: '/problems/invalid-request',
          title: 'Refused',
          status,
          detail: more.detail ?? 'This was refused.',
          instance: 'K3QJ7WZ2M5T4XH6N',
          errors: more.errors,
        }
      : null
  return Object.assign(new Error(more.detail ?? kind), {
    kind,
    status,
    type: '',
    problem,
    retryAfterSeconds: more.retryAfterSeconds ?? null,
  })
}

/** A client whose answers are samples until `answer` replaces them. */
export function createFakeClient(): FakeClient {
  const session = observable<SessionState>(sampleSession)
  const expiry = observable<Expiry | null>(null)
  const calls: FakeClient['calls'] = []
  const listeners = new Map<string, Set<(value: never) => void>>()
  let now: number | null = null

  const answers: Record<string, (...args: never[]) => unknown> = {
    getSecurity: () => sampleSecurity(),
    listSessions: (query: { user_id?: string }) => ({
      items: sampleSessions(query.user_id),
      next_cursor: null,
    }),
    listMySessions: () => ({ items: sampleSessions('me'), next_cursor: null }),
    revokeSessions: () => ({ revoked_count: 5, receipt: sampleReceiptKey }),
    getReceipt: () => sampleReceipt(),
    revokeSession: () => undefined,
    revokeMySession: () => undefined,
    revokeMyOtherSessions: () => ({ revoked_count: 2 }),
    updateSecurity: (patch: object) => ({ ...sampleSecurity(), ...patch, etag: '"p8"' }),
    previewSecurity: () => ({
      sessions_ending_now: 0,
      sessions_shortened: 0,
      users_affected: 0,
      ends_current_session: false,
      users: [],
      users_truncated: false,
    }),
  }
  const api = new Proxy({} as Operations, {
    get:
      (_, name: string) =>
      async (...args: never[]) => {
        calls.push([name, ...args])
        const give = answers[name]
        if (!give) throw fakeError('offline')
        return give(...args)
      },
  })
  const note =
    (name: string, answer?: () => Promise<void>) =>
    (...args: unknown[]) => {
      calls.push([name, ...args])
      return answer?.()
    }
  const fake: FakeClient = {
    client: {
      baseUrl: '',
      session,
      expiry,
      api,
      start: note('start'),
      stop: note('stop'),
      signOut: note('signOut', async () => {}),
      staySignedIn: note('staySignedIn', () => fake.onStay()),
      forget: note('forget'),
      dismissWarning: () => {
        calls.push(['dismissWarning'])
        const value = expiry.get()
        if (value) expiry.set({ ...value, dismissed: true })
      },
      serverNow: () => now ?? Date.now(),
      on(event: string, listener: (value: never) => void) {
        const set = listeners.get(event) ?? new Set()
        listeners.set(event, set.add(listener))
        return () => set.delete(listener)
      },
    } as unknown as Client,
    answer: (operation, give) => {
      answers[operation] = give
    },
    setSession: session.set,
    setExpiry: expiry.set,
    emit: (event, value) => {
      for (const listener of listeners.get(event) ?? []) listener(value as never)
    },
    calls,
    setNow: (value) => {
      now = value
    },
    onStay: async () => {},
  }
  return fake
}
