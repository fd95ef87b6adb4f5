import type { CurfewErrorLike, Receipt, ReceiptKey } from '@curfew/client'
import { useEffect, useState } from 'react'
import { useCurfew } from '../context'

const every = 1000
const longest = 15_000

/** A receipt as it is known, and what stands in the way of knowing it better. */
export interface ReceiptState {
  data: Receipt | null
  error: unknown
  /** It can be read no more. */
  gone: boolean
}

/**
 * Reads a receipt once a second while it spreads, and ever less often while that
 * fails. It ends when all is over, or when the token does.
 */
export function useReceipt(key: ReceiptKey): ReceiptState {
  const client = useCurfew()
  const [state, setState] = useState<ReceiptState>({ data: null, error: null, gone: false })
  const { id, token, expires_at } = key
  useEffect(() => {
    const end = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    let wait = every
    const read = async () => {
      if (client.serverNow() >= Date.parse(expires_at)) return setState((s) => ({ ...s, gone: true }))
      try {
        const data = await client.api.getReceipt(id, { token, signal: end.signal })
        if (end.signal.aborted) return
        setState({ data, error: null, gone: false })
        if (data.state === 'everywhere') return
        wait = every
      } catch (error) {
        if (end.signal.aborted) return
        const { status, retryAfterSeconds } = error as CurfewErrorLike
        if (status === 401 || status === 404) return setState((s) => ({ ...s, error: null, gone: true }))
        setState((s) => ({ ...s, error }))
        wait = Math.max(Math.min(wait * 2, longest), (retryAfterSeconds ?? 0) * 1000)
      }
      timer = setTimeout(read, wait)
    }
    void read()
    return () => {
      end.abort()
      clearTimeout(timer)
    }
  }, [client, id, token, expires_at])
  return state
}
