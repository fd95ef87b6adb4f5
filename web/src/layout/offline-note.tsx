import { useOnline } from '@curfew/react/internal'

/** One line below the header while there is no network. The region is always there. */
export function OfflineNote() {
  const online = useOnline()
  return (
    <div role="status" className="web-offline" data-online={online}>
      {online ? null : 'You are offline. What you see may be out of date, and nothing can be saved.'}
    </div>
  )
}
