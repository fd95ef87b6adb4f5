import { Skeleton } from '../ui/skeleton'
import { Mark } from './mark'

/** A page whose content is not known yet: nothing at first, then a quiet outline. */
export function Waiting({ title }: { title: string }) {
  return (
    <div className="web-public">
      <header className="web-public-header">
        <Mark />
      </header>
      <main id="main" tabIndex={-1} className="web-public-main">
        <h1 className="sr-only">{title}</h1>
        <div className="web-public-card">
          <Skeleton lines={5} height={300} />
        </div>
      </main>
    </div>
  )
}
