import { useEffect, useState } from 'react'
import { useCurfew, useFormat, useTexts } from './context'
import { cx } from './ui/class-names'
import { useSessionExpiry } from './use-session'

const minute = 60_000

/** What `HeaderExpiryNote` takes. */
export interface HeaderExpiryNoteProps {
  className?: string
}

/**
 * What stays after the warning was dismissed: the time in small words, and one
 * announcement a minute before the end. Belongs in the page's header.
 */
export function HeaderExpiryNote({ className }: HeaderExpiryNoteProps) {
  const texts = useTexts().expiry
  const format = useFormat()
  const { warning, dismissed, localDeadline } = useSessionExpiry()
  const shown = warning !== 'none' && dismissed
  const said = useLastMinute(shown)
  const time = shown ? format.clock(localDeadline) : ''
  return (
    <span className={cx('cf-expiry-note', className)}>
      {shown && <time dateTime={new Date(localDeadline).toISOString()}>{texts.note(time)}</time>}
      <span role="alert" className="cf-sr-only">
        {said && shown ? texts.lastMinute(time) : ''}
      </span>
    </span>
  )
}

/** How often the time left is looked at: what is known of the server's clock may change. */
const look = 10_000

/** Turns true once, a minute before the deadline. Dismissed later than that, it stays false. */
function useLastMinute(watching: boolean): boolean {
  const client = useCurfew()
  const { deadline } = useSessionExpiry()
  const [saidFor, setSaidFor] = useState<number | null>(null)
  useEffect(() => {
    if (!watching) return
    let wasEarlier = false
    let timer: ReturnType<typeof setTimeout>
    const check = () => {
      const early = deadline - minute - client.serverNow()
      if (early > 0) {
        wasEarlier = true
        timer = setTimeout(check, Math.min(early, look))
      } else if (client.serverNow() < deadline) {
        // After a sleep there may be nothing left to announce.
        if (wasEarlier) setSaidFor(deadline)
        else timer = setTimeout(check, look)
      }
    }
    check()
    return () => clearTimeout(timer)
  }, [client, watching, deadline])
  return saidFor === deadline
}
