const key = 'curfew:back'

/** Where the product is that a session of these pages came from, for this tab. */
export function noteBack(session: string, url: string | null) {
  try {
    if (url) window.sessionStorage.setItem(key, JSON.stringify([session, url]))
    else window.sessionStorage.removeItem(key)
  } catch {
    // Without a memory there is no way back but the browser's own.
  }
}

/** The way back of a session; null for none. Only the server's word was noted. */
export function backOf(session: string): string | null {
  try {
    const [of, url] = JSON.parse(window.sessionStorage.getItem(key) ?? '[]')
    return of === session && /^https?:/.test(url) ? url : null
  } catch {
    return null
  }
}
