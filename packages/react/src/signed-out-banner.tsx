/** What `SignedOutBanner` takes. */
export interface SignedOutBannerProps {
  /** A reason of the sign-in page's fixed table; by default the address's `?reason=`. */
  reason?: string | null
  className?: string
}
export function SignedOutBanner(_: SignedOutBannerProps) {
  return null
}
