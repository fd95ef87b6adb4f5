import type { Environment } from './types'

/** How long to wait for the other tabs, in milliseconds. */
const patience = 12_000

/**
 * Does `work` while no other tab of this browser does its own, if that can be
 * had in time: the lock saves requests, correctness does not hang on it. So it
 * is never stolen, and `work` goes ahead without it when a holder does not let
 * go or the browser has no locks. `waited` tells whether another tab went first.
 */
export async function locked<T>(
  env: Environment,
  name: string,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  if (!env.locks) return work(false)
  const wait = new AbortController()
  const timer = env.setTimeout(() => wait.abort(), patience)
  const from = env.monotonic()
  let held = false
  try {
    return await env.locks.request(name, { signal: wait.signal }, () => {
      held = true
      env.clearTimeout(timer)
      return work(env.monotonic() - from > 5)
    })
  } catch (error) {
    if (held) throw error
    return work(true)
  } finally {
    env.clearTimeout(timer)
  }
}
