import { Outlet, useRouter } from '@tanstack/react-router'
import { type MouseEvent, useEffect } from 'react'
import { askForFocus, focusAsked, takeFocus } from './focus'

/** What is around every page: the way past the header, and the focus. */
export function Root() {
  useFocusOnNavigation()
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it is a link to the page's part, and works as one. */}
      <a className="web-skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <Outlet />
    </>
  )
}

/** Moves the focus without a fragment in the address. */
function skip(event: MouseEvent<HTMLAnchorElement>) {
  const main = document.getElementById('main')
  if (!main) return
  event.preventDefault()
  main.focus()
}

function useFocusOnNavigation() {
  const router = useRouter()
  useEffect(() => {
    const before = router.subscribe('onBeforeNavigate', ({ fromLocation, pathChanged }) => {
      if (fromLocation && pathChanged) askForFocus()
    })
    // The page that appears takes the focus itself; one that stays mounted is
    // found here. What only stands in for a page has an h1 that takes none.
    const rendered = router.subscribe('onRendered', () => {
      if (!focusAsked()) return
      const heading = document.querySelector<HTMLElement>('main h1[tabindex]')
      if (!heading) return
      takeFocus()
      heading.focus({ preventScroll: true })
    })
    return () => {
      before()
      rendered()
    }
  }, [router])
}
