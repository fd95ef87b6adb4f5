/** What `RevokeSessionsDialog` takes. */
export interface RevokeSessionsDialogProps {
  open: boolean
  /** `all`: everyone, the caller included. `others`: all but the caller's own sessions. */
  scope: 'all' | 'others'
  /** How many people will be signed out, the caller counted with `all`; null when not known. */
  people: number | null
  /** How many sessions will end; null when not known. */
  sessions: number | null
  /** To be typed when many people, or an unknown number, are signed out with `all`. */
  accountName: string
  /** How long an access token lives: how soon apps that check tokens themselves follow. */
  ttlMinutes: number
  onClose: () => void
  /** Called with the number of ended sessions. */
  onDone: (count: number) => void
  className?: string
}
export function RevokeSessionsDialog(_: RevokeSessionsDialogProps) {
  return null
}
