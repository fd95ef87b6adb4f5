import { useState } from 'react'
import { useTexts } from './context'
import { Notice } from './ui/notice'

/** What `SignedOutBanner` takes. */
export interface SignedOutBannerProps {
  /** A reason of the sign-in page's fixed table; by default the address's `?reason=`. */
  reason?: string | null
  className?: string
}

/**
 * Says on the sign-in page why somebody is there. Only for the reasons of the
 * fixed table: what the address says is never shown itself.
 */
export function SignedOutBanner({ reason, className }: SignedOutBannerProps) {
  const texts = useTexts().signedOut
  const [asked] = useState(() =>
    typeof location === 'undefined' ? null : new URLSearchParams(location.search).get('reason'),
  )
  const key = reason === undefined ? asked : reason
  if (key === null || !Object.hasOwn(texts, key)) return null
  return (
    <Notice tone="info" role="status" className={className}>
      <p>{texts[key as keyof typeof texts]}</p>
    </Notice>
  )
}
