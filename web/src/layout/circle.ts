/** Under which this tab keeps when it went on last. */
const key = 'curfew:continued'

/**
 * How long after going on it is too early to be back. An access token lives for
 * a minute at least, so whoever is back sooner was not let in with a new one.
 */
const tooEarly = 30_000

/** Notes that this tab goes on now, and reports whether that could be kept. */
export function noteGoingOn(): boolean {
  try {
    sessionStorage.setItem(key, String(Date.now()))
    return true
  } catch {
    return false
  }
}

/** Forgets it: going on once more is somebody's wish. */
export function forgetGoingOn() {
  try {
    sessionStorage.removeItem(key)
  } catch {
    // There is nothing to forget.
  }
}

/** Whether this tab went on just now, and is back already. */
export function isBackAlready(): boolean {
  try {
    const since = Date.now() - Number(sessionStorage.getItem(key) ?? Number.NaN)
    return since >= 0 && since < tooEarly
  } catch {
    return false
  }
}
