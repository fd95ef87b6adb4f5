import { unturned } from '@curfew/react/internal'

/** An address as text; where it must break, it breaks after the @. */
export function Email({ value, className }: { value: string; className?: string }) {
  const text = unturned(value)
  const at = text.lastIndexOf('@') + 1
  return (
    // biome-ignore lint/correctness/noRestrictedElements: a Bdi has text alone in it.
    <bdi className={className}>
      {text.slice(0, at)}
      <wbr />
      {text.slice(at)}
    </bdi>
  )
}
