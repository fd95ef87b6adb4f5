import { type RefObject, useEffect, useState } from 'react'

/**
 * Keeps the toast off the control that has the focus: where it would cover it,
 * it moves to the other end of the window.
 */
export function useClearOfFocus(region: RefObject<HTMLElement | null>, open: boolean): 'top' | 'bottom' {
  const [side, setSide] = useState<'top' | 'bottom'>('bottom')

  useEffect(() => {
    if (!open) {
      setSide('bottom')
      return
    }
    const look = () => {
      const node = region.current
      const active = document.activeElement
      if (!node || !active || active === document.body || node.contains(active)) return
      const focused = active.getBoundingClientRect()
      // An editor as tall as the page is never hidden entirely, at either end.
      if (focused.height > window.innerHeight / 2 || !overlap(node.getBoundingClientRect(), focused)) return
      setSide((now) => (now === 'bottom' ? 'top' : 'bottom'))
    }
    // The browser scrolls a newly focused control into view first.
    let frame = requestAnimationFrame(look)
    const later = () => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(look)
    }
    document.addEventListener('focusin', later)
    window.addEventListener('resize', later)
    return () => {
      cancelAnimationFrame(frame)
      document.removeEventListener('focusin', later)
      window.removeEventListener('resize', later)
    }
  }, [open, region])

  return side
}

function overlap(a: DOMRect, b: DOMRect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
