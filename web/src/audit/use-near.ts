import { type RefObject, useEffect, useState } from 'react'

type Listener = (near: boolean) => void

const listeners = new Map<Element, Listener>()
let observer: IntersectionObserver | undefined

/** Tells when an element comes within two screens of what is seen, and when it goes. */
function watch(node: Element, listener: Listener): () => void {
  // One for all of them: the browser works out all places at once.
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting)
    },
    { rootMargin: '200% 0px' },
  )
  listeners.set(node, listener)
  observer.observe(node)
  return () => {
    listeners.delete(node)
    observer?.unobserve(node)
  }
}

/** Whether an element is within two screens of what is seen; `first` until that is known. */
export function useNear(node: RefObject<Element | null>, first: boolean): boolean {
  const [near, setNear] = useState(first)
  useEffect(() => (node.current ? watch(node.current, setNear) : undefined), [node])
  return near
}
