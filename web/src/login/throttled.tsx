import { waitWords } from '@curfew/react/internal'
import { useEffect, useState } from 'react'
import { Alert } from '../ui/alert'

/**
 * Too many attempts: how long to wait, and word when the time is over. It does
 * not count down, which would be read aloud every second.
 */
export function ThrottledNote({ seconds }: { seconds: number | null }) {
  const [over, setOver] = useState(false)
  useEffect(() => {
    if (seconds === null) return
    const timer = setTimeout(() => setOver(true), seconds * 1000)
    return () => clearTimeout(timer)
  }, [seconds])

  if (over) {
    return <Alert tone="info" role="status" title="You can try again now" />
  }
  return (
    <Alert tone="warning" role="alert" title="Too many attempts">
      {seconds === null ? 'Wait a minute, then try again.' : `Try again in ${waitWords(seconds)}.`}
    </Alert>
  )
}
