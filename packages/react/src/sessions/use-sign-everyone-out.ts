import type { Client, ReceiptKey } from '@curfew/client'
import { useCallback, useRef, useState } from 'react'
import { useCurfew, useTexts } from '../context'
import { useLatest } from '../ui/use-latest'
import { useToast } from '../use-toast'

const readFor = 1500

/**
 * After everyone was signed out, the caller too: the number first, then the
 * local session is cleared without a reason, since the person did it just now.
 */
export function useSignEveryoneOut(
  onSignedOutEveryone: ((count: number, receipt: ReceiptKey) => void) | undefined,
) {
  const client = useCurfew()
  const texts = useTexts().sessions
  const toast = useToast()
  const [leaving, setLeaving] = useState(false)
  const tell = useLatest(onSignedOutEveryone)
  const asker = useRef<string | null>(null)
  const run = useCallback(
    (count: number, receipt: ReceiptKey) => {
      setLeaving(true)
      toast(texts.signedOutAll(count), { tone: 'success' })
      // Not undone by unmounting: the session is over, wherever the person went.
      setTimeout(() => {
        const now = sessionId(client)
        // Whoever signed in meanwhile, in another tab too, stays.
        if (now !== null && now !== asker.current) return setLeaving(false)
        client.forget('logout')
        tell.current?.(count, receipt)
      }, readFor)
    },
    [client, tell, texts, toast],
  )
  /** To be called when the question is put: whose session it is that ends. */
  const ask = useCallback(() => {
    asker.current = sessionId(client)
  }, [client])
  return { leaving, ask, run }
}

function sessionId(client: Client): string | null {
  const state = client.session.get()
  return state.status === 'signed-in' ? state.session.id : null
}
