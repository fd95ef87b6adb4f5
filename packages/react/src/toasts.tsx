import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useCurfewContext, useTexts } from './context'
import type { ToastItem } from './toast-store'
import { DismissButton } from './ui/dismiss-button'
import { Icon } from './ui/icons'
import { ToastRegion } from './ui/toast-region'
import { useLatest } from './ui/use-latest'

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
  const { toasts } = useCurfewContext('Toasts')
  const texts = useTexts()
  const items = useSyncExternalStore(toasts.subscribe, toasts.get, toasts.get)
  const region = useRef<HTMLElement>(null)
  // Held while somebody reads: pointer over it, or focus inside.
  const [held, setHeld] = useState(false)
  const hold = () => setHeld(true)
  const free = () => setHeld(false)
  return (
    <ToastRegion
      ref={region}
      className={className}
      label={texts.common.notifications}
      open={items.length > 0}
      shown={items.length}
      onPointerEnter={hold}
      onPointerLeave={free}
      onFocus={hold}
      onBlur={free}
    >
      <div role="status">
        {items.map((item) => (
          <Item key={item.id} item={item} held={held} dismiss={() => toasts.remove(item.id)} />
        ))}
      </div>
    </ToastRegion>
  )
}

function Item({ item, held, dismiss }: { item: ToastItem; held: boolean; dismiss: () => void }) {
  const latest = useLatest(dismiss)
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => latest.current(), showFor)
    return () => clearTimeout(timer)
  }, [held, latest])
  return (
    <div className={`cf-toast cf-${item.tone}`}>
      <Icon name={item.tone} />
      <p className="cf-toast-text" role={item.tone === 'danger' ? 'alert' : undefined}>
        {item.text}
      </p>
      <DismissButton onClick={dismiss} />
    </div>
  )
}
