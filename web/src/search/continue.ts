import { safeReturnTo } from '@curfew/client'
import { isSignInPage } from './login'

/** What the address of the page that goes on may carry. Anything else in it is dropped. */
interface ContinueSearch {
  /** Where to go on: a path of this origin. */
  return_to?: string
}

/** Reads where a proxy wants somebody to go on; hostile values come out as nothing. */
export function continueSearch(search: Record<string, unknown>): ContinueSearch {
  const returnTo = safeReturnTo(search.return_to)
  return returnTo && !isSignInPage(returnTo) ? { return_to: returnTo } : {}
}
