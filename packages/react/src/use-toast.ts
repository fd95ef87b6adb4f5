import { useCallback } from 'react'
import { useCurfewContext } from './context'
import type { Tone } from './toast-store'

/** Says something in the `<Toasts/>` region. */
export type ShowToast = (text: string, options?: { tone?: Tone }) => void

/** Gives the function that shows a message; the same one on every render. */
export function useToast(): ShowToast {
  const { toasts } = useCurfewContext('useToast')
  return useCallback((text, options) => toasts.add(text, options?.tone ?? 'info'), [toasts])
}
