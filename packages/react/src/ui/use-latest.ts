import { type RefObject, useEffect, useRef } from 'react'

/** A value as it was rendered last, for what runs later and must not start again when it changes. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value)
  useEffect(() => {
    latest.current = value
  })
  return latest
}
