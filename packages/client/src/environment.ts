import type { Environment } from './types'

/**
 * The browser's own parts, with `given` over them. Without a window (on a
 * server that renders pages) there is neither channel nor storage, so that a
 * client made there holds nothing open.
 */
export function environment(given?: Partial<Environment>): Environment {
  const page: typeof globalThis.window | undefined = globalThis.window
  return {
    // Looked up at each call: a page may replace them after this was made.
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (handle) => clearTimeout(handle as number),
    window: page,
    document: page?.document,
    locks: page?.navigator.locks,
    // Browsers that refuse storage throw at the mere look, which is where it is used.
    get indexedDB() {
      return page?.indexedDB
    },
    get localStorage() {
      return page?.localStorage
    },
    BroadcastChannel: page && globalThis.BroadcastChannel,
    crypto: globalThis.crypto,
    ...given,
  }
}
