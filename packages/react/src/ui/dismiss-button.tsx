import { useTexts } from '../context'
import { CrossIcon } from './icons'

/** The cross that takes a message away, by name. */
export function DismissButton({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="cf-icon-button" aria-label={useTexts().common.dismiss} onClick={onClick}>
      <CrossIcon />
    </button>
  )
}
