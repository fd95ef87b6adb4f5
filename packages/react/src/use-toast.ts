import { useCallback } from 'react'
import { useCurfewContext } from './context'
import { personKey } from './person'
import type { Tone } from './toast-store'
import { useSession } from './use-session'

/** Says something in the `<Toasts/>` region. */
export type ShowToast = (text: string, options?: { tone?: Tone }) => void

/**
 * Gives the function that shows a message; the same one on every render for one
 * person. What one person did may be answered when another is signed in: that is
 * said to nobody.
 */
export function useToast(): ShowToast {
  const { toasts, client } = useCurfewContext('useToast')
  const whose = personKey(useSession())
  return useCallback(
    (text, options) => {
      const now = personKey(client.session.get())
      if (whose === null || now === null || now === whose) toasts.add(text, options?.tone ?? 'info')
    },
    [toasts, client, whose],
  )
}
