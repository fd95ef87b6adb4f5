import type { SessionAnswer } from './core'
import {
  announce,
  type Core,
  failed,
  ignore,
  type Known,
  knownOf,
  patient,
  post,
  recall,
  remember,
} from './core'
import { type CurfewError, isEnding } from './errors'
import { http, sessionShape } from './http'
import { forgetNames } from './names'
import type { CurfewErrorLike, EndReason } from './types'

/** Whether `next` tells of an earlier moment of the same session than what is held. */
const isOlder = (next: Known, held: Known) =>
  (next.session.generation - held.session.generation ||
    Date.parse(next.server_time) - Date.parse(held.server_time)) < 0

/**
 * Takes over what the server or another tab said, unless what is held is newer.
 * What this tab learned itself (`own`), it tells the others, if it is news.
 */
export function adopt(core: Core, next: Known, own: boolean): void {
  const { known: held, owed, state } = core
  const before = state.get()
  const { session, user, account, access_token } = next
  const same = held?.session.id === session.id
  if (same) {
    if (isOlder(next, held)) return
    if (!access_token) next = { ...next, access_token: held.access_token, until: held.until }
  } else {
    core.epoch++
    core.newest = Math.max(core.newest, Date.parse(session.started_at))
    remember(core, session.id)
  }
  // Another tab's rotation, or another session, settles what is owed. A look
  // does not: after a lost answer the cookie is behind what the server knows.
  if (owed && (!same || (access_token && session.generation > owed.generation))) core.owed = null
  core.known = next
  state.set({ status: 'signed-in', session, user, account })
  if (own && (access_token || state.get() !== before))
    post(core, { t: 'session', known: next, offset: core.offset })
  // Finding at the start that somebody is signed in is no sign-in.
  if (!same && before.status !== 'loading') {
    announce(core, 'signed-in', { userId: user.id, accountId: account.id })
  }
}

/** Ends the session of this tab and, if this tab is the one that knows (`own`), of the others. */
export function finish(core: Core, reason: EndReason | null, own: boolean): void {
  const { known, state } = core
  const id = known?.session.id ?? recall(core)
  core.epoch++
  core.known = core.owed = null
  core.reportAt = Infinity
  // Another tab may have written down a newer session since.
  if (id === recall(core)) remember(core, '')
  // Who is signed out already keeps the reason that was known first.
  if (state.get().status !== 'signed-out') state.set({ status: 'signed-out', reason })
  if (own && id) post(core, { t: 'signed-out', id, reason })
  forgetNames(core, (session) => session === id)
  if (known) announce(core, 'signed-out', { reason })
}

/**
 * Ends the session because the server refused so. Without a cookie the server
 * knows no reason; if this browser remembers a session, its cookie has run out.
 */
export function finishBy(core: Core, { problem, type }: CurfewError): void {
  const reason = type === 'refresh-token-reused' ? 'reuse_detected' : recall(core) && 'idle'
  finish(core, problem?.reason ?? reason, true)
}

async function ask(core: Core): Promise<void> {
  const { epoch } = core
  core.asking = new AbortController()
  const { signal } = core.asking
  try {
    // Without a bearer token: it may have run out, the cookie tells more.
    const answer = await http<SessionAnswer>(core, 'GET', 'auth/session', sessionShape, { signal })
    patient(core)
    if (core.epoch === epoch) adopt(core, knownOf(answer), true)
  } catch (error) {
    if (core.epoch !== epoch) return
    if (isEnding(error)) return finishBy(core, error)
    if (!signal.aborted) {
      failed(core, error)
      if (core.state.get().status === 'loading') {
        core.state.set({ status: 'loading', error: error as CurfewErrorLike })
      }
    }
    throw error
  }
}

/** Joins the work of this kind that is open, or begins it; its end looks again. */
export function once(core: Core, kind: 'checking' | 'flight', work: () => Promise<void>): Promise<void> {
  const open = core[kind]
  if (open) return open
  const mine = work().finally(() => {
    if (core[kind] !== mine) return
    core[kind] = null
    core.look()
  })
  core[kind] = mine
  return mine
}

/** Gives the passive question up that is open. */
export function cancel(core: Core): void {
  core.asking?.abort()
  core.checking = null
}

/** Asks passively who is signed in, once for all who ask meanwhile: extends nothing, changes nothing at the server. */
export const check = (core: Core) => once(core, 'checking', () => ask(core))

/** Asks when nobody waits for the answer; a failure shows in the state. */
export function checkQuietly(core: Core): void {
  check(core).catch(ignore)
}
