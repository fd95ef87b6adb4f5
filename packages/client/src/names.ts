import { type Core, ignore, pause } from './core'
import { CurfewError } from './errors'

// The names of rotations (`attempt`). Every tab of this browser must send the
// same name for the same session and generation, or the server takes the second
// for a thief. So they are agreed on by transactions of the browser's database.

const store = 'attempts'

/** How long storage may take; browsers have been seen never to answer. */
const patience = 3000

/** 128 random bits. */
const draw = ({ env }: Core) => env.crypto.getRandomValues(new Uint32Array(4)).join('-')

const done = (target: IDBRequest | IDBTransaction) =>
  new Promise((resolve, reject) => {
    Object.assign(target, { onsuccess: resolve, oncomplete: resolve, onerror: reject, onabort: reject })
  })

/** Runs `work` in one readwrite transaction; resolves once it is committed. */
async function transact({ env, name }: Core, work: (names: IDBObjectStore) => void): Promise<void> {
  const open = (env.indexedDB as IDBFactory).open(name, 1)
  open.onupgradeneeded = () => open.result.createObjectStore(store)
  await done(open)
  const transaction = open.result.transaction(store, 'readwrite')
  work(transaction.objectStore(store))
  // Closes when the transaction is over; nothing stays open that would keep
  // the page from the back/forward cache.
  open.result.close()
  await done(transaction)
}

/** The name agreed on for this generation; null where storage is refused. Rejects when it hangs, at first. */
export async function agree(core: Core, session: string, generation: number): Promise<string | null> {
  if (core.strikes > 2) return null
  let name = draw(core)
  const agreed = transact(core, (names) => {
    const key = [session, generation]
    const found = names.get(key)
    found.onsuccess = () => {
      if (found.result) name = found.result
      else names.add(name, key)
    }
  })
  const late = pause(core, patience).then(() => {
    throw new CurfewError('timeout', 'Storage did not answer in time.')
  })
  try {
    await Promise.race([agreed, late])
    return name
  } catch (error) {
    // Storage may be slow once, as after a sleep; that is no refusal.
    core.strikes += error instanceof CurfewError ? 1 : 3
    // Once without names, always without: a rotation begun without one is only
    // recognised when it is repeated without one.
    if (core.strikes > 2) return null
    throw error
  }
}

/** Forgets the names for which `spent` holds. */
export function forgetNames(core: Core, spent: (session: string, generation: number) => boolean): void {
  transact(core, (names) => {
    const keys = names.getAllKeys()
    keys.onsuccess = () => {
      for (const key of keys.result as [string, number][]) if (spent(...key)) names.delete(key)
    }
  }).catch(ignore)
}
