import type { Format, PolicyMinutes } from '@curfew/react'
import { Bdi } from '@curfew/react'
import { unturned } from '@curfew/react/internal'
import { type ReactNode, useId } from 'react'
import { deviceWords } from '../audit/details'
import type { AgedRow } from './age-timeline'
import { type Axis, axisOf, coarse } from './ages'
import { fateWords } from './fate'

interface AgeChartProps {
  rows: AgedRow[]
  /** The ages of all sessions, so that the axis stays when more rows are shown. */
  ages: number[]
  draft: PolicyMinutes
  format: Format
}

/**
 * One bar a session, from sign-in to now; its hatched end is the time without
 * activity. Each row says in words what its bar shows, so the drawing itself is
 * hidden from those who listen.
 */
export function AgeChart({ rows, ages, draft, format }: AgeChartProps) {
  const axis = axisOf(ages, draft)
  const id = useId()
  return (
    <div className="ages-chart">
      <Limits axis={axis} draft={draft} format={format} />
      <Hatches id={id} />
      <ol className="ages-bars">
        {rows.map((row) => (
          <Bar key={row.session.id} row={row} axis={axis} draft={draft} format={format} hatches={id} />
        ))}
      </ol>
      <Ticks axis={axis} format={format} />
      <p className="ages-key">
        <svg width="32" height="10" aria-hidden="true">
          <rect className="ages-bar" width="16" height="10" rx="2" />
          <rect className="ages-bar-idle" x="16" width="16" height="10" fill={`url(#${id}-stays)`} />
        </svg>
        From sign-in to now; hatched: without activity.
      </p>
    </div>
  )
}

/** The hatchings, each in the colour of its bars. */
function Hatches({ id }: { id: string }) {
  return (
    <svg className="ages-hatches" width="0" height="0" aria-hidden="true">
      <defs>
        {['stays', 'ends'].map((fate) => (
          <pattern
            key={fate}
            id={`${id}-${fate}`}
            className={`ages-hatch ages-hatch-${fate}`}
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="5" height="5" className="ages-hatch-ground" />
            <rect width="2" height="5" className="ages-hatch-line" />
          </pattern>
        ))}
      </defs>
    </svg>
  )
}

interface BarProps {
  row: AgedRow
  axis: Axis
  draft: PolicyMinutes
  format: Format
  hatches: string
}

function Bar({ row, axis, draft, format, hatches }: BarProps) {
  const { session, age, idle, fate } = row
  const ends = fate !== 'stays'
  const from = axis.at(age)
  const active = axis.at(idle)
  const device = deviceWords(session.device.browser, session.device.os)
  return (
    <li className="ages-row">
      <span className="ages-who">
        <Bdi className="ages-name" title={unturned(session.user.name)}>
          {session.user.name}
        </Bdi>
        {device ? <span className="ages-device">{device}</span> : null}
      </span>
      <span className="sr-only">
        Signed in {format.ago(session.started_at)}, last active {format.ago(session.last_active_at)}.
      </span>
      <svg className="ages-plot" width="100%" height="100%" aria-hidden="true">
        <rect
          className={ends ? 'ages-bar ages-bar-ends' : 'ages-bar'}
          x={`${from}%`}
          y="50%"
          width={`${Math.max(0.6, active - from)}%`}
          height="12"
        />
        <rect
          className="ages-bar-idle"
          x={`${active}%`}
          y="50%"
          width={`${100 - active}%`}
          height="12"
          fill={`url(#${hatches}-${ends ? 'ends' : 'stays'})`}
        />
        <Line axis={axis} minutes={draft.absolute_minutes} kind="most" />
        <Line axis={axis} minutes={draft.idle_minutes} kind="idle" />
      </svg>
      <span className={ends ? 'ages-fate ages-fate-ends' : 'ages-fate'}>
        {ends ? fateWords(fate) : format.duration(coarse(age))}
      </span>
    </li>
  )
}

/** A limit's line through one row; rows touch, so that the lines join. */
function Line({ axis, minutes, kind }: { axis: Axis; minutes: number; kind: 'idle' | 'most' }) {
  if (minutes > axis.end) return null
  return (
    <rect className={`ages-line ages-line-${kind}`} x={`${axis.at(minutes)}%`} width="1.5" height="100%" />
  )
}

/** The limits by name above their lines. */
function Limits({ axis, draft, format }: Omit<AgeChartProps, 'rows' | 'ages'> & { axis: Axis }) {
  const most = draft.absolute_minutes
  const idle = draft.idle_minutes
  return (
    <div className="ages-over">
      <Limit axis={axis} minutes={most} kind="most" words={`Maximum ${format.duration(most)}`} />
      <Limit axis={axis} minutes={idle} kind="idle" words={`Idle ${format.duration(idle)}`}>
        <Line axis={axis} minutes={most} kind="most" />
      </Limit>
    </div>
  )
}

interface LimitProps {
  axis: Axis
  minutes: number
  kind: 'idle' | 'most'
  words: string
  /** Lines of limits named above, which pass through here. */
  children?: ReactNode
}

function Limit({ axis, minutes, kind, words, children }: LimitProps) {
  const beyond = minutes > axis.end
  const at = axis.at(minutes)
  // Words stand on the side of their line where there is room.
  const left = at < 50
  return (
    <svg
      className={`ages-limit ages-limit-${kind}`}
      width="100%"
      height="20"
      role="img"
      aria-label={beyond ? `${words}, beyond this chart` : words}
    >
      {children}
      <Line axis={axis} minutes={minutes} kind={kind} />
      <text
        x={beyond ? '0' : `${at}%`}
        dx={beyond ? 0 : left ? 7 : -6}
        y="14"
        textAnchor={beyond || left ? 'start' : 'end'}
      >
        {beyond ? `← ${words}` : words}
      </text>
    </svg>
  )
}

/** The axis: how long ago, with now at the right. */
function Ticks({ axis, format }: { axis: Axis; format: Format }) {
  return (
    <div className="ages-over">
      <svg className="ages-axis" width="100%" height="26" aria-hidden="true">
        <line x1="0" x2="100%" y1="0.5" y2="0.5" />
        {axis.ticks.map(({ minutes, fine }) => {
          const at = axis.at(minutes)
          return (
            <g key={minutes} className={fine ? 'ages-tick-fine' : undefined}>
              <line x1={`${at}%`} x2={`${at}%`} y1="0" y2="5" />
              <text x={`${at}%`} y="19" textAnchor={at < 10 ? 'start' : 'middle'}>
                {format.duration(minutes)}
              </text>
            </g>
          )
        })}
        <text x="100%" y="19" textAnchor="end">
          now
        </text>
      </svg>
    </div>
  )
}
