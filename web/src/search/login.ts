import { safeReturnTo } from '@curfew/client'

/** What the sign-in page's address may carry. Anything else in it is dropped. */
interface LoginSearch {
  /** Why somebody has to sign in, for the banner's fixed table. */
  reason?: string
  /** Where to go afterwards: a path of this origin. */
  return_to?: string
  /** What just went well elsewhere. */
  note?: 'password_set'
}

/** Reads the address of the sign-in page; hostile values come out as nothing. */
export function loginSearch(search: Record<string, unknown>): LoginSearch {
  const found: LoginSearch = {}
  // Words of the fixed table look like this; the banner ignores unknown ones.
  if (typeof search.reason === 'string' && /^[a-z_]{1,40}$/.test(search.reason)) found.reason = search.reason
  const returnTo = safeReturnTo(search.return_to)
  if (returnTo && !isSignInPage(returnTo)) found.return_to = returnTo
  if (search.note === 'password_set') found.note = search.note
  return found
}

/** Coming back to a page where one signs in, after signing in, would go in a circle. */
export function isSignInPage(path: string): boolean {
  const { pathname } = new URL(path, 'http://curfew.invalid')
  return ['/login', '/continue', '/setup', '/forgot', '/reset', '/invite'].includes(
    pathname.replace(/\/+$/, ''),
  )
}
