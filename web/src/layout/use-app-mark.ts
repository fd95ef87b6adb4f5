import { useLayoutEffect } from 'react'

/** Says on the document, for the style sheet, that a page stands in the frame of signed-in people. */
export function useAppMark(): void {
  useLayoutEffect(() => {
    document.documentElement.setAttribute('data-web-app', '')
    return () => document.documentElement.removeAttribute('data-web-app')
  }, [])
}
