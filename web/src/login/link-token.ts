import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/**
 * The one-time code of a link. It travels in the fragment, so that no server
 * logs it, and leaves the address bar at once: not kept in the history, in a
 * bookmark, or in a picture of the screen. Null when the page was opened
 * without one.
 */
export function useLinkToken(name: 'token' | 'code' = 'token'): string | null {
  const { hash } = useLocation()
  const [token, setToken] = useState(() => tokenOf(hash, name))

  useEffect(() => {
    const next = tokenOf(hash, name)
    if (next === null) return
    setToken(next)
    window.history.replaceState(window.history.state, '', window.location.pathname)
  }, [hash, name])
  return token
}

function tokenOf(hash: string, name: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get(name) || null
}
