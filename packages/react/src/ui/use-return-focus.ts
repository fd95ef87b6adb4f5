import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react'

/**
 * Gives the focus back to where it came from when the control that had it
 * vanishes from a region: otherwise a keyboard starts at the top of the page.
 * `shown` changes whenever the region's content does.
 */
export function useReturnFocus(region: RefObject<HTMLElement | null>, shown: unknown): void {
  const origin = useRef<HTMLElement | null>(null)
  const inside = useRef(false)

  useEffect(() => {
    const node = region.current
    if (!node) return
    const enter = (event: FocusEvent) => {
      if (inside.current) return
      inside.current = true
      origin.current = event.relatedTarget instanceof HTMLElement ? event.relatedTarget : null
    }
    const leave = (event: FocusEvent) => {
      const { target, relatedTarget: next } = event
      // On the way from one control to the next, neither has the focus.
      if (next instanceof Node && node.contains(next)) return
      // A removed control may lose the focus as well; only what is still there was left on purpose.
      queueMicrotask(() => {
        const left = target instanceof Node && target.isConnected && !node.contains(document.activeElement)
        if (left) inside.current = false
      })
    }
    node.addEventListener('focusin', enter)
    node.addEventListener('focusout', leave)
    return () => {
      node.removeEventListener('focusin', enter)
      node.removeEventListener('focusout', leave)
    }
  }, [region])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the content's change is what matters
  useLayoutEffect(() => {
    if (!inside.current || region.current?.contains(document.activeElement)) return
    inside.current = false
    const active = document.activeElement
    if (!active?.isConnected || active === document.body) origin.current?.focus()
  }, [region, shown])
}
