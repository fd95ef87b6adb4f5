import { useFormat, useTexts } from '../context'
import type { PolicyMinutes, Security } from '../types'
import { isolate } from '../ui/bdi'
import { Button } from '../ui/button'
import { Notice } from '../ui/notice'
import { inForce } from './draft'
import { useFormTexts } from './words'

interface ConflictProps {
  theirs: Security
  mine: PolicyMinutes
  /** How many sessions a person may have by what was edited; null for no limit. */
  limit: number | null
  useTheirs: () => void
  keepMine: () => void
}

/** Somebody else saved first: who, when and what, and whose values are to stand. */
export function Conflict({ theirs, mine, limit, useTheirs, keepMine }: ConflictProps) {
  const { common, policy } = useTexts()
  const texts = useFormTexts().conflict
  const format = useFormat()
  const who = theirs.updated_by ? isolate(theirs.updated_by.name) : texts.somebody
  const when = theirs.updated_at ? format.ago(theirs.updated_at) : common.justNow
  const limits = (minutes: PolicyMinutes) =>
    policy.limits(format.duration(minutes.idle_minutes), format.duration(minutes.absolute_minutes))
  const theirLimit = theirs.effective_max_sessions_per_user
  const sessions = (most: number | null) => theirLimit !== limit && <> · {texts.sessions(most)}</>
  return (
    <Notice
      tone="warning"
      role="alert"
      actions={
        <>
          <Button onClick={useTheirs}>{texts.useTheirs}</Button>
          <Button onClick={keepMine}>{texts.keepMine}</Button>
        </>
      }
    >
      <p>
        <strong>{texts.title(who, when)}</strong>
      </p>
      <dl className="cf-versus">
        <div>
          <dt>{texts.theirs}</dt>
          <dd>
            {limits(inForce(theirs))}
            {sessions(theirLimit)}
          </dd>
        </div>
        <div>
          <dt>{texts.mine}</dt>
          <dd>
            {limits(mine)}
            {sessions(limit)}
          </dd>
        </div>
      </dl>
      <p>{texts.hint}</p>
    </Notice>
  )
}
