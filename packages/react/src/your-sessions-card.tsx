/** What `YourSessionsCard` takes. */
export interface YourSessionsCardProps {
  className?: string
}
export function YourSessionsCard(_: YourSessionsCardProps) {
  return null
}
