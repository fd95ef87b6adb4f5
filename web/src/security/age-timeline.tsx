import type { AccountSession } from '@curfew/client'
import { type PolicyMinutes, useCurfew, useFormat } from '@curfew/react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import { activeSessionsQuery, timelineSessions } from '../queries/sessions'
import { Button } from '../ui/button'
import { FailureNote } from '../ui/failure'
import { Skeleton } from '../ui/skeleton'
import { AgeChart } from './age-chart'
import { AgeTable } from './age-table'
import { type Age, ageOf } from './ages'
import './age-timeline.css'

/** A session with its age against the limits on show. */
export interface AgedRow extends Age {
  session: AccountSession
}

/** How many sessions stand there before one asks for more. */
const few = 10

/**
 * How old the open sessions are, against the limits that are being chosen. It
 * moves with them before anything is saved.
 */
export default function AgeTimeline({ draft }: { draft: PolicyMinutes }) {
  const client = useCurfew()
  const cache = useQueryClient()
  const sessions = useQuery({ ...activeSessionsQuery, refetchInterval: 60_000 })
  const id = useId()

  useEffect(
    () =>
      client.on(
        'policy-changed',
        () => void cache.invalidateQueries({ queryKey: activeSessionsQuery.queryKey }),
      ),
    [client, cache],
  )

  return (
    <section className="ages" aria-labelledby={id}>
      <h3 className="ages-title" id={id}>
        Open sessions against these limits
      </h3>
      {sessions.isPending ? (
        <Skeleton lines={6} height={320} label="Loading the session ages" />
      ) : sessions.isError && !sessions.data ? (
        <FailureNote error={sessions.error} onRetry={sessions.refetch} busy={sessions.isFetching} />
      ) : (
        <Ages sessions={sessions.data.items} more={sessions.data.more} draft={draft} />
      )}
    </section>
  )
}

interface AgesProps {
  sessions: AccountSession[]
  /** There are more than were loaded. */
  more: boolean
  draft: PolicyMinutes
}

function Ages({ sessions, more, draft }: AgesProps) {
  const client = useCurfew()
  // Draws again every half minute, as the ages grow.
  const format = useFormat()
  const [shown, setShown] = useState<'chart' | 'table'>('chart')
  const [all, setAll] = useState(false)
  if (sessions.length === 0) return <p className="ages-words">Nobody is signed in.</p>

  const now = client.serverNow()
  const rows = sessions
    .map((session): AgedRow => ({ session, ...ageOf(session, draft, now) }))
    .sort((a, b) => b.age - a.age)
  const ending = rows.filter((row) => row.fate !== 'stays').length
  const some = all ? rows : rows.slice(0, few)
  return (
    <>
      <div className="ages-head">
        <p className="ages-words">
          {ending === 0
            ? rows.length === 1
              ? 'The one open session would not end if these limits applied to it now.'
              : `None of the ${format.count(rows.length, 'open session', 'open sessions')} would end if these limits applied to them now.`
            : `${ending} of ${format.count(rows.length, 'open session', 'open sessions')} would end if these limits applied to ${rows.length === 1 ? 'it' : 'them'} now.`}
        </p>
        <fieldset className="ages-switch">
          <legend className="sr-only">Show the session ages as</legend>
          {(['chart', 'table'] as const).map((kind) => (
            <button key={kind} type="button" aria-pressed={shown === kind} onClick={() => setShown(kind)}>
              {kind === 'chart' ? 'Chart' : 'Table'}
            </button>
          ))}
        </fieldset>
      </div>
      {shown === 'chart' ? (
        <AgeChart rows={some} ages={rows.map((row) => row.age)} draft={draft} format={format} />
      ) : (
        <AgeTable rows={some} format={format} />
      )}
      {rows.length > few ? (
        <Button className="ages-more" variant="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show the ${few} oldest` : `Show all ${rows.length}`}
        </Button>
      ) : null}
      {more ? (
        <p className="ages-words">
          These are the {timelineSessions} sessions with the latest activity. The account has more.
        </p>
      ) : null}
    </>
  )
}
