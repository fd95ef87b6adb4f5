import { Bdi } from '@curfew/react'
import type { AuditSearch } from '../search/audit'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'

const words: Record<keyof AuditSearch, string> = {
  action: 'what happened',
  actor: 'who did it',
  from: 'the first day',
  to: 'the last day',
}

interface IgnoredFiltersProps {
  search: AuditSearch
  ignored: readonly (keyof AuditSearch)[]
  /** Takes them out of the address. */
  onDrop: () => void
}

/** Says which filters of the address mean nothing, and offers to drop them. */
export function IgnoredFilters({ search, ignored, onDrop }: IgnoredFiltersProps) {
  if (ignored.length === 0) return null
  return (
    <Alert
      tone="warning"
      title="Part of this address could not be read"
      actions={<Button onClick={onDrop}>Remove from the address</Button>}
    >
      <ul>
        {ignored.map((name) => (
          <li key={name}>
            The filter for {words[name]}, <Bdi className="wrap-anywhere">{`“${search[name]}”`}</Bdi>, is left
            out of this list.
          </li>
        ))}
      </ul>
    </Alert>
  )
}
