import { useCallback, useEffect, useRef, useState } from 'react'
import { useCurfew } from './context'
import { useLatest } from './ui/use-latest'

interface State<T> {
  data: T | null
  /** When `data` arrived, by this device's clock. */
  at: number
  error: unknown
  loading: boolean
}

/** What a part loads, as far as it is known. */
export interface Resource<T> extends State<T> {
  /** Loads again. Resolves to the data, or to null when it failed or another load took over. */
  reload(): Promise<T | null>
  /** Puts in what a change answered, in place of a load under way. */
  put(data: T): void
}

const empty = { data: null, at: 0, error: null, loading: true }

/**
 * Loads once there is a key and again when it changes, when the policy was
 * changed in any tab, and when the network is back. A late answer never
 * replaces a later one's; a failure keeps the data that was there. With a
 * `pause` the key is what somebody edits: it is asked for once it rests, and
 * the last answer stays until then.
 */
export function useResource<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  pause = 0,
): Resource<T> {
  const client = useCurfew()
  const [state, setState] = useState<State<T>>(empty)
  const run = useRef<AbortController | null>(null)
  const loader = useLatest(load)

  const put = useCallback((data: T) => {
    run.current?.abort()
    setState({ data, at: Date.now(), error: null, loading: false })
  }, [])

  const reload = useCallback(async () => {
    run.current?.abort()
    run.current = new AbortController()
    const { signal } = run.current
    setState((before) => ({ ...before, loading: true }))
    try {
      const data = await loader.current(signal)
      if (signal.aborted) return null
      put(data)
      return data
    } catch (error) {
      if (!signal.aborted) setState((before) => ({ ...before, error, loading: false }))
      return null
    }
  }, [loader, put])

  useEffect(() => {
    setState((before) => (pause ? { ...before, error: null, loading: true } : empty))
    if (key === null) return
    const again = () => void reload()
    const timer = pause ? setTimeout(again, pause) : again()
    const off = client.on('policy-changed', again)
    window.addEventListener('online', again)
    return () => {
      clearTimeout(timer ?? undefined)
      run.current?.abort()
      off()
      window.removeEventListener('online', again)
    }
  }, [client, key, pause, reload])

  return { ...state, reload, put }
}
