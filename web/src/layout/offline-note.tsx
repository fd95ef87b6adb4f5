import { useSyncExternalStore } from 'react'

function subscribe(changed: () => void) {
  window.addEventListener('online', changed)
  window.addEventListener('offline', changed)
  return () => {
    window.removeEventListener('online', changed)
    window.removeEventListener('offline', changed)
  }
}

/** Whether the browser knows of a network. */
function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine)
}

/** One line below the header while there is no network. The region is always there. */
export function OfflineNote() {
  const online = useOnline()
  return (
    <div role="status" className="web-offline" data-online={online}>
      {online ? null : 'You are offline. What you see may be out of date, and nothing can be saved.'}
    </div>
  )
}
