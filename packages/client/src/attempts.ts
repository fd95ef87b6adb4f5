import { CurfewError } from './errors'
import type { Environment } from './types'

/**
 * The names of rotations. Every tab of this browser must send the same name for
 * the same session and generation, or the server takes the second for a thief.
 */
export interface Attempts {
  /** The name agreed on for this generation; null where storage is refused. Rejects when it hangs, at first. */
  agree(session: string, generation: number): Promise<string | null>
  /** Forgets names for which `done` holds. Never rejects. */
  forget(done: (session: string, generation: number) => boolean): Promise<void>
}

const store = 'attempts'

/** How long storage may take; browsers have been seen never to answer. */
const patience = 3000

/** 128 random bits in base64url: 22 characters. */
function draw(env: Environment): string {
  const bytes = env.crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ '+': '-', '/': '_' })[c] ?? '')
}

export function createAttempts(env: Environment, name: string): Attempts {
  // Once without names, always without: a rotation begun without one is only
  // recognised when it is repeated without one.
  let refused = false
  // Storage may be slow once, as after a sleep; that is no refusal.
  let hangs = 0

  /** Runs `work` in one readwrite transaction; resolves with `result()` once it is committed. */
  function transact<T>(work: (store: IDBObjectStore) => void, result: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = env.setTimeout(() => {
        hangs++
        reject(new CurfewError('timeout', "The browser's storage did not answer in time."))
      }, patience)
      const fail = (event: Event) => {
        env.clearTimeout(timer)
        reject((event.target as IDBRequest | null)?.error)
      }
      if (!env.indexedDB) throw new Error('no IndexedDB')
      const open = env.indexedDB.open(name, 1)
      open.onupgradeneeded = () => open.result.createObjectStore(store)
      open.onerror = fail
      open.onsuccess = () => {
        const db = open.result
        try {
          const transaction = db.transaction(store, 'readwrite')
          transaction.onabort = fail
          transaction.oncomplete = () => {
            env.clearTimeout(timer)
            resolve(result())
          }
          work(transaction.objectStore(store))
        } catch (error) {
          reject(error)
        } finally {
          // Closes when the transaction is over; nothing stays open that would
          // keep the page from the back/forward cache.
          db.close()
        }
      }
    })
  }

  return {
    async agree(session, generation) {
      if (refused) return null
      const key = `${session}/${generation}`
      let attempt = ''
      try {
        return await transact(
          (records) => {
            const found = records.get(key)
            found.onsuccess = () => {
              attempt = found.result ?? draw(env)
              if (!found.result) records.add(attempt, key)
            }
          },
          () => attempt,
        )
      } catch (error) {
        if (error instanceof CurfewError && hangs < 3) throw error
        refused = true
        return null
      }
    },
    async forget(done) {
      if (refused) return
      await transact(
        (records) => {
          const keys = records.getAllKeys()
          keys.onsuccess = () => {
            for (const key of keys.result) {
              const [session = '', generation] = String(key).split('/')
              if (done(session, Number(generation))) records.delete(key)
            }
          }
        },
        () => undefined,
      ).catch(() => undefined)
    },
  }
}
