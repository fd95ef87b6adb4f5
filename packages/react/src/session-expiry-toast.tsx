/** What `SessionExpiryToast` takes. */
export interface SessionExpiryToastProps {
  /** The sign-in page; `?reason=reauth` is added. `/login` by default. */
  signInUrl?: string
  /** Called instead of opening the sign-in page. */
  onSignIn?: () => void
  className?: string
}
export function SessionExpiryToast(_: SessionExpiryToastProps) {
  return null
}
