import { useEffect, useState } from 'react'
import { useCurfew, useTexts } from '../context'
import { useSessionExpiry } from '../use-session'

/** While the page is hidden and the session is about to end: the minutes left, before the title. */
export function useDocumentTitle(): void {
  const client = useCurfew()
  const { documentTitle } = useTexts().expiry
  const { warning, deadline } = useSessionExpiry()
  const hidden = useHidden()
  const on = hidden && warning === 'soon'

  useEffect(() => {
    if (!on) return
    let prefix = ''
    const strip = () => {
      if (prefix && document.title.startsWith(prefix)) document.title = document.title.slice(prefix.length)
      prefix = ''
    }
    const show = () => {
      strip()
      const minutes = Math.max(1, Math.ceil((deadline - client.serverNow()) / 60_000))
      prefix = documentTitle(minutes)
      document.title = prefix + document.title
    }
    show()
    const timer = setInterval(show, 10_000)
    return () => {
      clearInterval(timer)
      strip()
    }
  }, [client, deadline, documentTitle, on])
}

function useHidden(): boolean {
  const [hidden, setHidden] = useState(() => typeof document !== 'undefined' && document.hidden)
  useEffect(() => {
    const look = () => setHidden(document.hidden)
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return hidden
}
