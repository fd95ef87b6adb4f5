import { type Core, type Known, serverNow } from './core'
import type { Environment } from './types'

/** What counts as a person's touch: real input. Polling, focus or a timer's reload do not. */
export const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'touchmove']

/** How often at most the other tabs are told of input, in milliseconds. */
const tellEvery = 5000

/** For so long after the first input an idle warning stays, so that its button does not go from under the pointer. */
const grace = 5000

/**
 * How long ago somebody touched the product, in any tab; Infinity if nobody
 * has. It is the greater of what two clocks say: the wall clock may be set back,
 * and the other may have stood still in sleep. Neither makes an absent person
 * present.
 */
export function age({ env, touchedWall, touchedMono }: Core): number {
  return Math.max(0, env.now() - touchedWall, env.monotonic() - touchedMono)
}

/** Somebody did so at this moment of the device's clock: a tab that was frozen hears of it late. */
export function touch(core: Core, at = core.env.now()): void {
  const ago = Math.max(0, core.env.now() - at)
  if (ago >= age(core)) return
  core.touchedWall = at
  core.touchedMono = core.env.monotonic() - ago
}

/** What a report is after: the server knows of the last touch. */
export function reported(core: Core): (known: Known) => boolean {
  const touched = serverNow(core) - age(core) - 1000
  return ({ session }) => Date.parse(session.last_active_at) >= touched
}

/** How long the report of activity just now may wait. */
function delay(core: Core, known: Known): number {
  const { session } = known
  const now = serverNow(core)
  const every = Math.min(60_000, session.idle_minutes * 15_000)
  const due = Math.min(every, Date.parse(session.last_active_at) + every - now)
  const warning = core.expiry.get()
  if (warning?.warning !== 'soon' || warning.reason !== 'idle') return due
  return Math.max(due, Math.min(grace, (warning.deadline - now) / 2))
}

/** Somebody touched this page. Scripts' own events do not count. */
export function heard(core: Core, event: Event): void {
  if (!event.isTrusted) return
  const now = core.env.monotonic()
  touch(core)
  if (now >= core.tellAt) {
    core.tellAt = now + tellEvery
    core.tell({ t: 'input', at: core.env.now() })
  }
  // One report at a time, of the last touch when it goes: the person's own, not
  // the timer's.
  if (core.known && core.reportAt === Infinity) {
    core.reportAt = now + delay(core, core.known)
    core.look()
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
export function openedByPerson({ window, document }: Environment): boolean {
  const entry = window?.performance?.getEntriesByType('navigation')[0]
  return (
    (entry as PerformanceNavigationTiming | undefined)?.type === 'navigate' &&
    document?.visibilityState === 'visible'
  )
}
