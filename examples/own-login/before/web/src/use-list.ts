import { useCallback, useEffect, useState } from 'react'
import { call } from './session'

/** A list of the product's API, and what asks for it anew. */
export function useList<T>(path: string) {
  const [items, setItems] = useState<T[]>([])
  const [error, setError] = useState('')
  const load = useCallback(
    () =>
      call<T[]>('GET', path).then(
        (found) => {
          setItems(found)
          setError('')
        },
        (cause) => setError(cause.message),
      ),
    [path],
  )
  useEffect(() => {
    load()
  }, [load])
  return { items, error, load }
}
