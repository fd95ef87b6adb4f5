import type { PolicyMinutes } from '@curfew/react'
import { scalePow } from 'd3-scale'

/** What the timeline needs of a session. */
interface AgedSession {
  id: string
  started_at: string
  last_active_at: string
}

/** What a policy would do to an open session if it were applied now. */
export type Fate = 'stays' | 'idle' | 'absolute'

/** A session's age and the part of it without activity, in minutes. */
export interface Age {
  age: number
  idle: number
  fate: Fate
}

/** Measures a session at a moment, in milliseconds, against a policy. */
export function ageOf(session: AgedSession, policy: PolicyMinutes, now: number): Age {
  const age = Math.max(0, (now - Date.parse(session.started_at)) / 60_000)
  const idle = Math.min(age, Math.max(0, (now - Date.parse(session.last_active_at)) / 60_000))
  return { age, idle, fate: fateOf(age, idle, policy) }
}

/** At a deadline a session is over; of two, the earlier ended it, a tie is the maximum. */
function fateOf(age: number, idle: number, policy: PolicyMinutes): Fate {
  const pastMost = age - policy.absolute_minutes
  const pastIdle = idle - policy.idle_minutes
  if (pastMost < 0 && pastIdle < 0) return 'stays'
  return pastMost >= pastIdle ? 'absolute' : 'idle'
}

/** How far beyond the oldest session a limit may lie and still be drawn. */
const reach = 4

/** Where ages stand on the axis, in percent from the left; now is at the right. */
export interface Axis {
  at: (minutes: number) => number
  /** The oldest age that the axis has room for. */
  end: number
  ticks: Tick[]
}

interface Tick {
  minutes: number
  /** Only where the axis is wide is there room for it. */
  fine: boolean
}

/**
 * Makes the axis for some ages and a policy. Sessions are minutes to months
 * old, so the recent past gets more room: distances grow with the square root.
 * A limit far beyond all ages would press them to the edge, so it is left out;
 * its line is told of instead.
 */
export function axisOf(ages: readonly number[], policy: PolicyMinutes): Axis {
  const oldest = Math.max(60, ...ages)
  const limits = [policy.idle_minutes, policy.absolute_minutes].filter((limit) => limit <= oldest * reach)
  const end = Math.max(oldest, ...limits) * 1.05
  const scale = scalePow().exponent(0.5).domain([0, end]).range([100, 0]).clamp(true)
  return { at: (minutes) => scale(minutes), end, ticks: ticksOf(end, scale) }
}

const hour = 60
const day = 24 * hour
/** Ages that people think in. */
const marks = [
  5,
  15,
  30,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  12 * hour,
  day,
  2 * day,
  4 * day,
  7 * day,
  14 * day,
  30 * day,
  60 * day,
  90 * day,
  180 * day,
  365 * day,
]

/** The least distance of two ticks in percent, on wide axes and on narrow ones: their words must fit. */
const apart = { wide: 16.5, narrow: 24 }

/** The oldest mark that fits, then each next one that keeps its distance. */
function ticksOf(end: number, at: (minutes: number) => number): Tick[] {
  const ticks: Tick[] = []
  let last = { wide: Number.NEGATIVE_INFINITY, narrow: Number.NEGATIVE_INFINITY }
  for (const minutes of marks.filter((mark) => mark <= end).reverse()) {
    const place = at(minutes)
    const fits = (gap: number, before: number) => place - before >= gap && 100 - place >= gap * 0.75
    if (!fits(apart.wide, last.wide)) continue
    const fine = !fits(apart.narrow, last.narrow)
    ticks.push({ minutes, fine })
    last = { wide: place, narrow: fine ? last.narrow : place }
  }
  return ticks
}

/** An age rounded to what a reader needs: "3 days", not "3 days 4 hours 12 minutes". */
export function coarse(minutes: number): number {
  if (minutes >= 2 * day) return Math.round(minutes / day) * day
  if (minutes >= 2 * hour) return Math.round(minutes / hour) * hour
  if (minutes >= hour) return hour
  return Math.floor(minutes)
}
