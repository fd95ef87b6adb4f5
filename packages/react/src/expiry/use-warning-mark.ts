import { useLayoutEffect } from 'react'

/**
 * Says on the document, for the style sheet, that the warning stands at the
 * bottom, so that messages make room. A selector that looked for the warning
 * (`:root:has(…)`) would be judged anew at every change of the whole page.
 */
export function useWarningMark(on: boolean): void {
  useLayoutEffect(() => {
    if (!on) return
    document.documentElement.setAttribute('data-cf-warning', '')
    return () => document.documentElement.removeAttribute('data-cf-warning')
  }, [on])
}
