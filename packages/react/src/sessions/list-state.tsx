import { useFormat, useTexts } from '../context'
import { Failure } from '../ui/failure'
import { useOnline } from '../use-online'
import type { Resource } from '../use-resource'

interface ListStateProps {
  list: Resource<unknown>
  /** Said when there is nothing to show. */
  failed: string
  /** Said when what is shown is from before. */
  stale: string
}

/** What stands between the person and a fresh list: offline, or a failure with another try. */
export function ListState({ list, failed, stale }: ListStateProps) {
  const texts = useTexts()
  const format = useFormat()
  const online = useOnline()
  const asOf = list.at === null ? '' : texts.common.asOf(format.clock(list.at))
  if (list.data !== null && !online) return <p className="cf-hint cf-as-of">{asOf}</p>
  // While another try runs, the last failure stands: the box does not jump.
  if (list.error === null) return null
  return (
    <Failure
      says={list.data === null ? failed : `${stale} ${asOf}.`}
      error={list.error}
      retry={list.reload}
      busy={list.loading}
    />
  )
}
