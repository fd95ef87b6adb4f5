import { useFormat } from '@curfew/react'

interface TimeProps {
  iso: string
  className?: string
}

/** "12 min ago", with the exact time on hover. */
export function Ago({ iso, className }: TimeProps) {
  const format = useFormat()
  return (
    <time dateTime={iso} title={format.exact(iso)} className={className}>
      {format.ago(iso)}
    </time>
  )
}
