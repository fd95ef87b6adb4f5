import { Bdi, useSession } from '@curfew/react'
import { ArrowLeft } from 'lucide-react'
import { backOf } from './back'

/** The way back to the product, for whoever came from there. */
export function BackLink() {
  const session = useSession()
  const url = session.status === 'signed-in' ? backOf(session.session.id) : null
  if (!url) return null
  return (
    <p className="web-back">
      <a href={url}>
        <ArrowLeft aria-hidden="true" size={16} strokeWidth={1.75} />
        Back to <Bdi>{new URL(url).host}</Bdi>
      </a>
    </p>
  )
}
