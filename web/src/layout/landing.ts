import { type SessionUser, safeReturnTo } from '@curfew/client'
import type { AnyRouter } from '@tanstack/react-router'

/** The page that somebody meets first: what owners come for, or one's own account. */
export function landingPath(user: Pick<SessionUser, 'role'>): '/account/security' | '/account' {
  return user.role === 'owner' ? '/account/security' : '/account'
}

/**
 * Goes to a path of this origin, leaving no trace of the page before. Curfew's
 * own pages open without a load; anything else may belong to the product that
 * shares this origin, and so may the very first page.
 */
export function goTo(router: AnyRouter, to: string) {
  // Whoever calls has looked at it; going to another site must not hang on that.
  const path = safeReturnTo(to) ?? '/'
  const { pathname } = new URL(path, window.location.origin)
  const [, , page] = router.getMatchedRoutes(pathname)
  // The router also finds a page for what lies below its path.
  if (pathname !== '/' && page?.fullPath === pathname.replace(/\/+$/, '')) router.history.replace(path)
  else window.location.replace(path)
}
