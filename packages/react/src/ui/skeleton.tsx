import { useEffect, useState } from 'react'
import { useTexts } from '../context'

/** Grey bars in the place of rows that are loading, after 200 ms: a quick answer never flickers. */
export function Skeleton({ rows, className }: { rows: number; className?: string }) {
  const texts = useTexts()
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 200)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className={className}>
      {shown && <span className="cf-sr-only">{texts.common.loading}</span>}
      {shown &&
        Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: bars that never move
          <div key={row} className="cf-skeleton" aria-hidden="true">
            <span className="cf-bar" />
            <span className="cf-bar cf-bar-short" />
          </div>
        ))}
    </div>
  )
}
