import { reported } from './activity'
import { apart, type Core, ignore, jumped, recall, remember, serverNow } from './core'
import { expiryOf } from './expiry'
import { refresh } from './refresh'
import { cancel, checkQuietly } from './session'

/** How often the verdict is looked at anew, in milliseconds. */
const rhythm = 30_000
/** Beyond this gap between looks the device has slept. */
const sleepGap = 60_000
/** How old the server's last word may be when somebody comes back to the page. */
const wordAge = { 'signed-in': rhythm, 'signed-out': 5000, loading: 0 }
/** How old it may be while it is not known whether anybody is signed in. */
const unsureAge = 3000

/** Under what this browser remembers a dismissed warning. */
const dismissal = ':dismissed'

/** Publishes the verdict. */
function judge(core: Core): void {
  const { known, expiry, offset } = core
  const verdict = known && expiryOf(known.session, serverNow(core))
  core.edge = verdict?.nextEdge ?? Infinity
  if (!verdict) {
    expiry.set(null)
    return
  }
  const { warning, reason, deadline } = verdict
  const old = expiry.get()
  const held = old?.deadline === deadline ? old : { localDeadline: 0, failed: null }
  const local = deadline - offset
  expiry.set({
    warning,
    reason,
    deadline,
    // Each sample moves it by a little: not worth drawing the page again.
    localDeadline: Math.abs(held.localDeadline - local) < 1000 ? held.localDeadline : local,
    dismissed: recall(core, dismissal) === `${deadline}`,
    failed: held.failed,
  })
}

/** The warning of this deadline was dismissed, here or in another tab. */
export function dismissed(core: Core, deadline: number): void {
  remember(core, String(deadline), dismissal)
  look(core)
}

/** Nobody may know yet who is signed in, or the deadline has passed: only the server can say. */
const unsure = ({ state, expiry }: Core) =>
  state.get().status === 'loading' || expiry.get()?.warning === 'now'

/** When there is something to ask of the server unbidden, by the forward clock. */
function due(core: Core): number {
  // The end of what is under way looks again.
  if (core.checking || core.flight) return Infinity
  const at = unsure(core) ? core.contactAt + unsureAge : core.owed ? 0 : core.reportAt
  return Math.max(at, core.hold, core.told)
}

/** Repeats what is owed, and reports activity that is due. */
function settle(core: Core): void {
  const done = reported(core)
  const reporting = core.env.monotonic() >= core.reportAt
  refresh(core, (known) => !core.owed && (!reporting || done(known))).then(() => {
    if (reporting) core.reportAt = Infinity
  }, ignore)
}

/** Plans the next look. */
function arm(core: Core): void {
  const { env } = core
  env.clearTimeout(core.timer)
  if (!core.life) return
  const wait = Math.min(rhythm, core.edge - serverNow(core), due(core) - env.monotonic())
  core.timer = env.setTimeout(() => tick(core), Math.max(1, Math.ceil(wait)))
}

/** Judges now and plans the next look. */
export function look(core: Core): void {
  judge(core)
  arm(core)
}

/**
 * Keeps the verdict true: called in rhythm, at each edge, when something is
 * due, and when somebody (or the network) came back to the page (`back`).
 */
export function tick(core: Core, back = false): void {
  const { env } = core
  const mono = env.monotonic()
  const gap = mono - core.lookedAt
  const leapt = jumped(core, core.apart)
  core.lookedAt = mono
  core.apart = apart(core)
  // The next sample of the server's clock counts, whatever it takes.
  if (leapt) core.best = Infinity
  if (back) core.tries = core.hold = 0
  const { status } = core.state.get()
  // Browsers slow the timers of hidden pages down to about this gap, and
  // nobody looks at them.
  const slept =
    status === 'signed-in' && (leapt || (gap > sleepGap && env.document?.visibilityState !== 'hidden'))
  // After a sleep the server speaks first, then the verdict.
  if (slept) {
    core.edge = Infinity
    // A question that was on its way tells of the time before the sleep.
    cancel(core)
  } else judge(core)
  const asks = back && mono - core.contactAt >= wordAge[status]
  const now = due(core) <= mono
  if (slept || asks || (now && unsure(core))) checkQuietly(core)
  else if (now) settle(core)
  arm(core)
}
