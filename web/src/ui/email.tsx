/** An address as text; where it must break, it breaks after the @. */
export function Email({ value, className }: { value: string; className?: string }) {
  const at = value.lastIndexOf('@') + 1
  return (
    <bdi className={className}>
      {value.slice(0, at)}
      <wbr />
      {value.slice(at)}
    </bdi>
  )
}
