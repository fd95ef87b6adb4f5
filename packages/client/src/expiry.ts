import type { Expiry, Session } from './types'

/** What `expiryOf` says. */
export interface Verdict {
  readonly warning: Expiry['warning']
  readonly reason: Expiry['reason']
  /** The nearer deadline, by the server's clock, in milliseconds since the epoch. */
  readonly deadline: number
  /** When the verdict changes next, by the server's clock; null if it does not. */
  readonly nextEdge: number | null
}

/**
 * How near the end of a session is at a moment of the server's clock. The
 * nearer deadline decides; on a tie it is `absolute`, because no refresh helps.
 * The warning comes five minutes before, or a third of the limit if that is less.
 */
export function expiryOf(
  session: Pick<Session, 'idle_expires_at' | 'absolute_expires_at' | 'idle_minutes' | 'absolute_minutes'>,
  serverNow: number,
): Verdict {
  const idle = Date.parse(session.idle_expires_at)
  const absolute = Date.parse(session.absolute_expires_at)
  const reason = idle < absolute ? 'idle' : 'absolute'
  const deadline = Math.min(idle, absolute)
  const minutes = reason === 'idle' ? session.idle_minutes : session.absolute_minutes
  const soon = deadline - Math.min(300_000, minutes * 20_000)
  const warning = serverNow >= deadline ? 'now' : serverNow >= soon ? 'soon' : 'none'
  return { warning, reason, deadline, nextEdge: { none: soon, soon: deadline, now: null }[warning] }
}
