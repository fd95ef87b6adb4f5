import type { ReactNode } from 'react'
import { useFormat, useTexts } from '../context'
import { useOnline } from '../use-online'
import type { Resource } from '../use-resource'
import { Failure } from './failure'
import { Skeleton } from './skeleton'

interface LoadedProps<T> {
  from: Resource<T>
  /** Said when there is nothing to show. */
  failed: string
  /** Says nothing of what is shown being from before. */
  quiet?: boolean
  /** How many rows are expected, and the class that holds their place. */
  rows: number
  className?: string
  children: (data: T) => ReactNode
}

/** What is loaded, or what stands in its place or above it: rows to come, offline, or a failure with another try. */
export function Loaded<T>({ from, failed, quiet, rows, className, children }: LoadedProps<T>) {
  const { data, error, at, reload, loading } = from
  const texts = useTexts().common
  const format = useFormat()
  const online = useOnline()
  const asOf = texts.asOf(format.clock(at))
  const held = data !== null
  return (
    <>
      {held && quiet ? null : held && !online ? (
        <p className="cf-hint cf-as-of">{asOf}</p>
      ) : (
        // While another try runs, the last failure stands: the box does not jump.
        error !== null && (
          <Failure
            says={held ? `${texts.reloadFailed} ${asOf}.` : failed}
            error={error}
            retry={reload}
            busy={loading}
          />
        )
      )}
      {held ? children(data) : error === null && <Skeleton rows={rows} className={className} />}
    </>
  )
}
