import { useLayoutEffect, useRef } from 'react'

/**
 * Gives the focus back to where it was before this component came: a dialog
 * that is taken away, rather than closed, leaves it nowhere.
 */
export function useReturnFocus() {
  const opener = useRef<Element | null>(null)
  // Before the dialog opens, which happens in an effect.
  useLayoutEffect(() => {
    opener.current ??= document.activeElement
    return () => {
      const element = opener.current
      // After the removal: until then the page behind a modal dialog takes no focus.
      queueMicrotask(() => {
        if (element instanceof HTMLElement && element.isConnected) element.focus()
      })
    }
  }, [])
}
