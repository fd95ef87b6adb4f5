import type { Observable } from './types'

/** An `Observable` whose owner can set it. */
export interface Settable<T> extends Observable<T> {
  /** Takes the value over, unless it says the same as the one held. */
  set(value: T): void
}

/**
 * Calls back on each event of this name; returns what ends it. The browser's
 * own events do the rest: what one listener throws is reported and stops no
 * other, and listeners may come and go meanwhile.
 */
export function listen(hub: EventTarget, name: string, call: (detail: never) => void): () => void {
  // A function of its own: the same listener may be given twice.
  const heard = (event: Event) => call((event as Event & { detail: never }).detail)
  hub.addEventListener(name, heard)
  return () => hub.removeEventListener(name, heard)
}

/** Tells all who listen to this name. */
export function emit(hub: EventTarget, name: string, detail?: unknown): void {
  hub.dispatchEvent(Object.assign(new Event(name), { detail }))
}

/** A value that can be watched. */
export function observable<T>(value: T): Settable<T> {
  const hub = new EventTarget()
  return {
    get: () => value,
    subscribe: (call) => listen(hub, 'set', call),
    set(next) {
      if (JSON.stringify(next) === JSON.stringify(value)) return
      value = next
      emit(hub, 'set')
    },
  }
}
