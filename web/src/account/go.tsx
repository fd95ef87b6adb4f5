import { Link } from '@tanstack/react-router'
import { buttonClass } from '../ui/button'

interface GoProps {
  to: '/account/security' | '/account/sessions' | '/account/people' | '/account/audit'
  /** What is shown: "Change". */
  word: string
  /** What it is for, for those who hear only the link's name. */
  what: string
}

/** A row's way to the page behind it. */
export function Go({ to, word, what }: GoProps) {
  return (
    <Link className={buttonClass('quiet')} to={to}>
      {word}
      <span className="sr-only"> {what}</span>
    </Link>
  )
}
