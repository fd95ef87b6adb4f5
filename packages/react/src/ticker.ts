/** One timer for everything that shows relative times. */
export interface Ticker {
  get(): number
  subscribe(listener: () => void): () => void
}

/** Counts up every `ms` while somebody listens. */
export function createTicker(ms: number): Ticker {
  const listeners = new Set<() => void>()
  let count = 0
  let timer: ReturnType<typeof setInterval> | undefined
  const tick = () => {
    count++
    for (const listener of [...listeners]) listener()
  }
  return {
    get: () => count,
    subscribe(listener) {
      listeners.add(listener)
      timer ??= setInterval(tick, ms)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
