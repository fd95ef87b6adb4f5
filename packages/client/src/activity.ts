import type { Environment } from './types'

/** When the person last touched the product, in any tab. */
export interface Activity {
  /** Milliseconds since then; Infinity if nobody has. */
  age(): number
  /** Somebody did so at this moment of the device's clock, by default now. */
  touch(at?: number): void
  listen(): void
  unlisten(): void
}

const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'touchmove']

/**
 * Watches real input. Scripts' own events do not count, nor does anything that
 * happens by itself: polling, focus, a timer's reload.
 */
export function createActivity(env: Environment, onInput: () => void): Activity {
  let wall = Number.NEGATIVE_INFINITY
  let mono = Number.NEGATIVE_INFINITY

  function touch(at = env.now()) {
    // A tab that was frozen hears of input late, so the moment comes with it.
    const ago = Math.max(0, env.now() - at)
    if (ago >= age()) return
    wall = at
    mono = env.monotonic() - ago
  }

  /**
   * The greater of what two clocks say: the wall clock may be set back, and the
   * other may have stood still in sleep. Neither makes an absent person present.
   */
  function age() {
    return Math.max(0, env.now() - wall, env.monotonic() - mono)
  }

  function heard(event: Event) {
    if (!event.isTrusted) return
    touch()
    onInput()
  }

  const options = { passive: true, capture: true }
  return {
    age,
    touch,
    listen() {
      for (const name of inputs) env.window?.addEventListener(name, heard, options)
    },
    unlisten() {
      for (const name of inputs) env.window?.removeEventListener(name, heard, options)
    },
  }
}

/**
 * Whether opening this page was a person's doing. A first visit is (somebody
 * followed a link or typed an address); a reload and a page from the history
 * may be a timer's, a browser's that restores its tabs, or a crash's, and
 * whoever pressed the key moves the pointer soon. What a script opens by
 * setting `location` cannot be told from a link and counts. A page opened in
 * the background does not.
 */
export function openedByPerson(env: Environment): boolean {
  const entry = env.window?.performance?.getEntriesByType?.('navigation')[0]
  const type = (entry as PerformanceNavigationTiming | undefined)?.type
  return type === 'navigate' && env.document?.visibilityState === 'visible'
}
