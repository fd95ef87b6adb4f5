import type { Observable } from './types'

/** An `Observable` whose owner can set it. */
export interface Settable<T> extends Observable<T> {
  set(value: T): void
}

/** Calls one listener; what it throws is reported by the browser and stops nobody else. */
export function tell(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** A value that can be watched. */
export function observable<T>(value: T): Settable<T> {
  const listeners = new Set<{ call: () => void }>()
  return {
    get: () => value,
    subscribe(call) {
      const entry = { call }
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
    set(next) {
      if (next === value) return
      value = next
      for (const entry of [...listeners]) if (listeners.has(entry)) tell(entry.call)
    },
  }
}
