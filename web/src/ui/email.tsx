import { unturned } from '@curfew/react/internal'

/**
 * An address as text; where it must break, it breaks after the @. It is not a Bdi,
 * which has nothing but text in it, and does the same.
 */
export function Email({ value, className }: { value: string; className?: string }) {
  const text = unturned(value)
  const at = text.lastIndexOf('@') + 1
  return (
    <bdi className={className}>
      {text.slice(0, at)}
      <wbr />
      {text.slice(at)}
    </bdi>
  )
}
