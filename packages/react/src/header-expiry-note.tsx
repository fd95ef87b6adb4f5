/** What `HeaderExpiryNote` takes. */
export interface HeaderExpiryNoteProps {
  className?: string
}
export function HeaderExpiryNote(_: HeaderExpiryNoteProps) {
  return null
}
