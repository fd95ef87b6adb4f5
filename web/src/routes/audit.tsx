import { useFormat } from '@curfew/react'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useRef } from 'react'
import { OwnersOnly } from '../account/owners-only'
import '../audit/audit.css'
import { ExportButton, ExportStatus, useExport } from '../audit/export'
import { Filters } from '../audit/filters'
import { IgnoredFilters } from '../audit/ignored'
import { List } from '../audit/list'
import { auditQuery, keepFirstPage } from '../queries/audit'
import { namesQuery } from '../queries/people'
import { type AuditFilter, type AuditSearch, auditFilter, endsBeforeItBegins } from '../search/audit'
import { Button } from '../ui/button'
import { FailureNote } from '../ui/failure'
import { Page } from '../ui/page'
import { Skeleton } from '../ui/skeleton'

/** `/account/audit`: what happened in the account; owners only. */
export function Audit() {
  return (
    <OwnersOnly
      title="Audit log"
      what="The audit log shows what happened in this account: sign-ins, changes to people and to the session policy."
    >
      <AuditLog />
    </OwnersOnly>
  )
}

function AuditLog() {
  const cache = useQueryClient()
  const search = useSearch({ from: '/signed-in/account/audit' })
  const navigate = useNavigate()
  const { filter, ignored } = useMemo(() => auditFilter(search), [search])
  const wrongOrder = endsBeforeItBegins(search)
  const exporting = useExport(filter)
  // What means nothing is neither asked for nor shown as chosen.
  const chosen = { ...search }
  for (const name of ignored) delete chosen[name]
  const change = (next: AuditSearch) => navigate({ to: '/account/audit', search: next, resetScroll: false })
  return (
    <Page
      title="Audit log"
      width="table"
      description="What happened in this account, newest first. Nobody can change it."
      actions={
        <>
          <Button onClick={() => cache.resetQueries({ queryKey: auditQuery(filter).queryKey })}>
            Refresh
          </Button>
          <ExportButton onStart={exporting.start} busy={exporting.state.step === 'running'} />
        </>
      }
    >
      <Filters search={chosen} onChange={change} wrongOrder={wrongOrder} />
      <ExportStatus state={exporting.state} onRetry={exporting.start} onCancel={exporting.cancel} />
      <IgnoredFilters search={search} ignored={ignored} onDrop={() => change(chosen)} />
      <Events filter={filter} none={wrongOrder} />
    </Page>
  )
}

interface EventsProps {
  filter: AuditFilter
  /** The filters exclude each other: nothing needs to be asked. */
  none: boolean
}

function Events({ filter, none }: EventsProps) {
  const events = useInfiniteQuery({ ...auditQuery(filter), enabled: !none })
  const names = useQuery(namesQuery)
  const format = useFormat()
  const context = useMemo(
    () => ({ names: new Map(names.data?.people.map(({ id, name }) => [id, name])), format }),
    [names.data, format],
  )
  const cache = useQueryClient()
  const key = JSON.stringify(filter)
  useEffect(() => () => keepFirstPage(cache, JSON.parse(key)), [cache, key])
  const list = useRef<HTMLDivElement>(null)
  const filtered = Object.keys(filter).length > 0
  const pages = events.data?.pages ?? []
  const count = pages.reduce((sum, page) => sum + page.items.length, 0)
  // Whoever reads on by keyboard goes on at the first of the new ones, once it is drawn.
  const next = useRef<number | null>(null)
  useEffect(() => {
    const at = next.current
    if (at === null || count <= at) return
    next.current = null
    const first = list.current?.querySelector<HTMLElement>(`[data-from="${at}"] .audit-line`)
    first?.focus({ preventScroll: true })
  }, [count])

  if (none) return <Empty filtered />
  if (events.isPending) return <Skeleton lines={10} height={480} label="Loading the audit log" />
  if (events.isError && !events.data) {
    return <FailureNote error={events.error} onRetry={events.refetch} busy={events.isFetching} />
  }
  if (count === 0) return <Empty filtered={filtered} />

  const older = async () => {
    next.current = count
    const { isError } = await events.fetchNextPage()
    if (isError) next.current = null
  }
  return (
    <div ref={list}>
      <List key={key} pages={pages} context={context} />
      {events.isFetchNextPageError ? <FailureNote className="mt-4" error={events.error} /> : null}
      <div className="audit-foot">
        <p className="audit-quiet" role="status">
          {events.hasNextPage
            ? `${format.count(count, 'event', 'events')} so far`
            : `${count > 1 ? 'All ' : ''}${format.count(count, 'event', 'events')}`}
        </p>
        {events.hasNextPage ? (
          <Button busy={events.isFetchingNextPage} onClick={older}>
            {events.isFetchingNextPage
              ? 'Loading…'
              : events.isFetchNextPageError
                ? 'Try again'
                : 'Load older'}
          </Button>
        ) : null}
      </div>
    </div>
  )
}

function Empty({ filtered }: { filtered: boolean }) {
  return (
    <div className="audit-empty" role="status">
      <p>{filtered ? 'No events match these filters.' : 'Nothing has happened yet.'}</p>
    </div>
  )
}
