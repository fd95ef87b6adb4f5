import { classes } from './classes'

interface SkeletonProps {
  /** How many lines of text will stand here. */
  lines?: number
  /** Pixels kept free whatever the lines need, so that nothing jumps. */
  height?: number
  /** Milliseconds before anything is drawn: quick answers show no flicker. */
  delay?: 0 | 200
  /** What is being loaded, for those who listen. */
  label?: string
  className?: string
}

const widths = ['w-3/4', 'w-full', 'w-5/6', 'w-2/3']

/** What stands where something is being loaded. The delay is in the style sheet. */
export function Skeleton({ lines = 3, height, delay = 200, label = 'Loading…', className }: SkeletonProps) {
  return (
    <div
      className={classes('web-skeleton', delay === 0 && 'web-skeleton-now', className)}
      style={height ? { minHeight: height } : undefined}
      role="status"
      aria-busy="true"
    >
      <span className="sr-only">{label}</span>
      {[...Array(lines).keys()].map((line) => (
        <span
          key={line}
          aria-hidden="true"
          className={classes('web-skeleton-line', widths[line % widths.length])}
        />
      ))}
    </div>
  )
}
