import type { Environment } from './types'

/** What `read` gives, or undefined where the browser refuses even to look. */
function allowed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/**
 * The browser's own parts, with `given` over them. Without a window (on a
 * server that renders pages) there is neither channel nor storage, so that a
 * client made there holds nothing open.
 */
export function environment(given: Partial<Environment> = {}): Environment {
  const page = typeof window === 'undefined' ? undefined : window
  return {
    // Looked up at each call: a page may replace fetch after this was made.
    fetch: (input, init) => globalThis.fetch(input, init),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
    clearTimeout: (handle) => globalThis.clearTimeout(handle as number),
    window: page,
    document: page?.document,
    locks: page?.navigator.locks,
    indexedDB: page && allowed(() => page.indexedDB),
    localStorage: page && allowed(() => page.localStorage),
    BroadcastChannel: page && globalThis.BroadcastChannel,
    crypto: globalThis.crypto,
    ...given,
  }
}

/** Milliseconds to wait before try number `tries` + 1: 1 s doubled up to 30 s, spread by a quarter. */
export function backOff(tries: number): number {
  return Math.min(30_000, 1000 * 2 ** tries) * (0.75 + Math.random() / 2)
}
