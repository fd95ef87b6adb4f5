import { useTexts } from '../context'
import { Icon } from './icons'

/** The cross that takes a message away, by name. */
export function DismissButton({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="cf-icon-button" aria-label={useTexts().common.dismiss} onClick={onClick}>
      <Icon name="cross" />
    </button>
  )
}
