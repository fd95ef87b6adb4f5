import { classes } from '../ui/classes'

/** Curfew's mark and name. The name alone says it to those who listen. */
export function Mark({ className }: { className?: string }) {
  return (
    <span className={classes('web-mark', className)}>
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" className="web-mark-icon">
        <rect width="32" height="32" rx="8" className="web-mark-ground" />
        <path d="M21.5 19.8A8 8 0 0 1 12.2 8.6a8 8 0 1 0 9.3 11.2Z" className="web-mark-moon" />
        <circle cx="21" cy="10.5" r="1.5" className="web-mark-moon" />
      </svg>
      <span className="web-mark-name">Curfew</span>
    </span>
  )
}
