import { useTexts } from '../context'
import { Button } from '../ui/button'
import { EndOthersButton } from './end-button'

interface BulkActionsProps {
  /** How many people are signed in; null when not known. */
  people: number | null
  /** How many of the caller's own sessions are open; null when not known. */
  own: number | null
  off: boolean
  ask: (scope: 'all' | 'others') => void
  onEndedMine: () => void
}

/** The buttons that sign many out. They work also while the list cannot be loaded. */
export function BulkActions({ people, own, off, ask, onEndedMine }: BulkActionsProps) {
  const { sessions, revoke } = useTexts()
  const alone = people !== null && people <= 1
  return (
    <div className="cf-actions cf-bulk">
      {!alone && (
        <Button off={off} onClick={() => ask('others')}>
          {revoke.others}
        </Button>
      )}
      {alone && (own ?? 0) > 1 && <EndOthersButton label={sessions.myOthers} onEnded={onEndedMine} />}
      <Button look="danger-tint" off={off} onClick={() => ask('all')}>
        {revoke.all}
      </Button>
    </div>
  )
}
