import type { EndReason } from './types'

/** The reasons that a sign-in page knows words for; its `?reason=`. */
export type SignInReason =
  | 'session_expired'
  | 'session_limit'
  | 'signed_out_by_owner'
  | 'signed_out_by_you'
  | 'password_changed'
  | 'limits_changed'
  | 'security'
  | 'reauth'

const reasons: Record<string, SignInReason | null> = {
  logout: null,
  user_disabled: null,
  idle: 'session_expired',
  absolute: 'session_expired',
  session_limit: 'session_limit',
  user_session: 'signed_out_by_you',
  user_others: 'signed_out_by_you',
  password_changed: 'password_changed',
  policy_tightened: 'limits_changed',
  reuse_detected: 'security',
}

/**
 * What a sign-in page should say after a session ended so; null to say nothing.
 * A reason that this version does not know is an owner's doing.
 */
export function signInReason(reason: EndReason | null): SignInReason | null {
  if (reason === null) return null
  return Object.hasOwn(reasons, reason) ? (reasons[reason] ?? null) : 'signed_out_by_owner'
}

/** The origin that stands for "this one" where there is no page. */
const nowhere = 'https://same.invalid'

/**
 * The path to go back to after signing in, if it is one of this origin: it
 * starts with a single slash and means the same origin to the browser's parser.
 * Anything else, such as another site's address, is null.
 */
export function safeReturnTo(
  value: unknown,
  origin: string = globalThis.location?.origin ?? nowhere,
): string | null {
  // Parsers drop tabs and line breaks, and read a backslash as a slash, so
  // "/\t/evil.example" and "/\evil.example" are addresses of another site.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it refuses
  if (typeof value !== 'string' || !/^\/(?!\/)[^\x00-\x1f\x7f\\]*$/.test(value)) return null
  try {
    const url = new URL(value, origin)
    const path = url.pathname + url.search + url.hash
    // "/.//evil.example" is a path of this origin, but no longer when it is read again.
    return url.origin === new URL(origin).origin && !path.startsWith('//') ? path : null
  } catch {
    return null
  }
}

/** The address of the sign-in page with why and where to go on; both may be left out. */
export function signInUrl(base: string, reason: SignInReason | null, returnTo: string | null): string {
  const query = new URLSearchParams()
  if (reason) query.set('reason', reason)
  const path = safeReturnTo(returnTo)
  if (path) query.set('return_to', path)
  const text = `${query}`
  // Before the fragment, if there is one.
  const add = (end: string) => (/^[^#]*\?/.test(base) ? '&' : '?') + text + end
  return text ? base.replace(/#|$/, add) : base
}
