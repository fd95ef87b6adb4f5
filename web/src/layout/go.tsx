import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { goTo } from './landing'
import { Waiting } from './waiting'

/**
 * Goes on to a path of this origin, once, however often it is drawn meanwhile:
 * the router's own `Navigate` starts over with each drawing.
 */
export function Go({ to, title }: { to: string; title: string }) {
  const router = useRouter()
  useEffect(() => goTo(router, to), [router, to])
  return <Waiting title={title} />
}
