import { useCallback, useState } from 'react'

/**
 * Opens the sign-in page beside this one, so that nothing typed here is lost:
 * the client hears of the new sign-in and carries on. Where the browser blocks
 * the window, a link takes the button's place.
 */
export function useSignIn(signInUrl: string, onSignIn: (() => void) | undefined) {
  const [blocked, setBlocked] = useState(false)
  const href = `${signInUrl}${signInUrl.includes('?') ? '&' : '?'}reason=reauth`
  const run = useCallback(() => {
    if (onSignIn) onSignIn()
    else if (!window.open(href, 'curfew-sign-in', 'popup,width=480,height=720')) setBlocked(true)
  }, [href, onSignIn])
  return { blocked, href, run }
}
