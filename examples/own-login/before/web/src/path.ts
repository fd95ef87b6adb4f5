import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()

/** Goes to a page of this product. */
export function go(to: string): void {
  history.pushState(null, '', to)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('popstate', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('popstate', listener)
  }
}

/** The path of the page that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname)
}
