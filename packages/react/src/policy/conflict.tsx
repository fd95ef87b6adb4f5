import { useFormat, useTexts } from '../context'
import { isolate } from '../format'
import type { PolicyMinutes, Security } from '../types'
import { Button } from '../ui/button'
import { Notice } from '../ui/notice'
import { inForce } from './draft'

interface ConflictProps {
  theirs: Security
  mine: PolicyMinutes
  useTheirs: () => void
  keepMine: () => void
}

/** Somebody else saved first: who, when and what, and whose values are to stand. */
export function Conflict({ theirs, mine, useTheirs, keepMine }: ConflictProps) {
  const texts = useTexts()
  const format = useFormat()
  const who = theirs.updated_by ? isolate(theirs.updated_by.name) : texts.conflict.somebody
  const when = theirs.updated_at ? format.ago(theirs.updated_at) : texts.common.justNow
  const limits = (minutes: PolicyMinutes) =>
    texts.policy.limits(format.duration(minutes.idle_minutes), format.duration(minutes.absolute_minutes))
  return (
    <Notice
      tone="warning"
      role="alert"
      actions={
        <>
          <Button onClick={useTheirs}>{texts.conflict.useTheirs}</Button>
          <Button onClick={keepMine}>{texts.conflict.keepMine}</Button>
        </>
      }
    >
      <p>
        <strong>{texts.conflict.title(who, when)}</strong>
      </p>
      <dl className="cf-versus">
        <div>
          <dt>{texts.conflict.theirs}</dt>
          <dd>{limits(inForce(theirs))}</dd>
        </div>
        <div>
          <dt>{texts.conflict.mine}</dt>
          <dd>{limits(mine)}</dd>
        </div>
      </dl>
      <p>{texts.conflict.hint}</p>
    </Notice>
  )
}
