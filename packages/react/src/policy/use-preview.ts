import { useEffect, useState } from 'react'
import { useCurfew } from '../context'
import type { Preview, StoredPolicy } from '../types'

/** What applying a policy at once would do, as far as it is known. */
export interface PreviewState {
  preview: Preview | null
  error: unknown
  loading: boolean
  retry(): void
}

const pause = 300

/** Asks once the form rests, and only for its latest state: a late answer to an older one is dropped. */
export function usePreview(patch: Partial<StoredPolicy> | null): PreviewState {
  const client = useCurfew()
  const [state, setState] = useState<{ preview: Preview | null; error: unknown; loading: boolean }>({
    preview: null,
    error: null,
    loading: true,
  })
  const [turn, setTurn] = useState(0)
  const body = patch && JSON.stringify(patch)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` asks again
  useEffect(() => {
    if (body === null) return
    const mine = new AbortController()
    setState((before) => ({ ...before, error: null, loading: true }))
    const timer = setTimeout(async () => {
      try {
        const preview = await client.api.previewSecurity(JSON.parse(body), { signal: mine.signal })
        if (!mine.signal.aborted) setState({ preview, error: null, loading: false })
      } catch (error) {
        if (!mine.signal.aborted) setState({ preview: null, error, loading: false })
      }
    }, pause)
    return () => {
      clearTimeout(timer)
      mine.abort()
    }
  }, [client, body, turn])

  return { ...state, retry: () => setTurn((n) => n + 1) }
}
