/** What `ActiveSessionsCard` takes. */
export interface ActiveSessionsCardProps {
  /** Called after everyone, the caller included, was signed out and the local session cleared. */
  onSignedOutEveryone?: (count: number) => void
  /** How long an access token lives, in minutes, for the dialog's words. 5 by default. */
  ttlMinutes?: number
  className?: string
}
export function ActiveSessionsCard(_: ActiveSessionsCardProps) {
  return null
}
