import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useCurfewContext, useTexts } from './context'
import type { ToastItem } from './toast-store'
import { cx } from './ui/class-names'
import { CrossIcon, ToneIcon } from './ui/icons'
import { useReturnFocus } from './ui/use-return-focus'

const showFor = 8000

/** What `Toasts` takes. */
export interface ToastsProps {
  className?: string
}

/**
 * Where `useToast` speaks: a labelled region that is there before the first
 * message, so that screen readers hear it. F6 moves to it and back. Mount it once.
 */
export function Toasts({ className }: ToastsProps) {
  const { toasts, regions } = useCurfewContext('Toasts')
  const texts = useTexts()
  const items = useSyncExternalStore(toasts.subscribe, toasts.get, toasts.get)
  const region = useRef<HTMLElement>(null)
  // Held while somebody reads: pointer over it, or focus inside.
  const [held, setHeld] = useState(false)
  useEffect(() => (region.current ? regions.add(region.current) : undefined), [regions])
  useReturnFocus(region, items.length)

  return (
    <section
      ref={region}
      className={cx('cf-toasts', className)}
      aria-label={texts.common.notifications}
      tabIndex={-1}
      data-cf-open={items.length > 0 ? '' : undefined}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div role="status">
        {items.map((item) => (
          <Item key={item.id} item={item} held={held} dismiss={() => toasts.remove(item.id)} />
        ))}
      </div>
    </section>
  )
}

function Item({ item, held, dismiss }: { item: ToastItem; held: boolean; dismiss: () => void }) {
  const texts = useTexts()
  const latest = useRef(dismiss)
  useEffect(() => {
    latest.current = dismiss
  })
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => latest.current(), showFor)
    return () => clearTimeout(timer)
  }, [held])
  return (
    <div className={cx('cf-toast', `cf-${item.tone}`)}>
      <ToneIcon tone={item.tone} />
      <p className="cf-toast-text" role={item.tone === 'danger' ? 'alert' : undefined}>
        {item.text}
      </p>
      <button type="button" className="cf-icon-button" aria-label={texts.common.dismiss} onClick={dismiss}>
        <CrossIcon />
      </button>
    </div>
  )
}
