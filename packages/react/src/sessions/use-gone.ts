import { useState } from 'react'
import { useFormat } from '../context'
import type { Security } from '../types'
import { isolate } from '../ui/bdi'
import type { Resource } from '../use-resource'

/** Remembers who turned out to be signed out already, so that a row never vanishes without a word. */
export function useGone(list: Resource<Security>) {
  const format = useFormat()
  const [names, setNames] = useState<string[]>([])

  /** Loads again and takes down who is no longer there. */
  async function refetch() {
    const before = list.data
    const after = await list.reload()
    if (!before || !after) return
    const present = new Set(after.active_users.map((user) => user.user_id))
    // A list that is cut off says nothing about who fell off its end.
    if (after.active_user_count > after.active_users.length) return
    setNames(before.active_users.filter((user) => !present.has(user.user_id)).map((user) => user.name))
  }

  return {
    names,
    list: format.list(names.slice(0, 10).map(isolate)),
    refetch,
    add: (name: string) => setNames((before) => [...before.filter((n) => n !== name), name]),
    clear: () => setNames([]),
  }
}
