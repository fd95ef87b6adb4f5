import { useFormat } from '@curfew/react'

/** When a link stops working: as short as it can be, exact on hover. */
export function Until({ iso }: { iso: string }) {
  const format = useFormat()
  return (
    <time dateTime={iso} title={format.exact(iso)}>
      {format.short(iso)}
    </time>
  )
}
