import type { Format } from '@curfew/react'
import { useSyncExternalStore } from 'react'

const minute = 60_000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One timer for all rows; it runs while any row listens. */
function eachMinute(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, minute)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const never = () => () => {}
const day = 24 * 60 * minute

/**
 * How long ago, with the exact time on hover. Only times within a day are kept
 * up to date: the words of older ones hardly change while one reads, and there
 * may be ten thousand of them.
 */
export function When({ iso, format }: { iso: string; format: Pick<Format, 'ago' | 'exact'> }) {
  const recent = Date.now() - Date.parse(iso) < day
  const words = useSyncExternalStore(recent ? eachMinute : never, () => format.ago(iso))
  return (
    <time className="audit-when" dateTime={iso} title={format.exact(iso)}>
      {words}
    </time>
  )
}
