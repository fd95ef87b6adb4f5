import type { Core } from './core'
import { CurfewError } from './errors'
import type { Ask } from './http'
import type { Call } from './operations'
import type { Refresher } from './refresh'

/** Gives access tokens to requests that are made for whoever is signed in now. */
export interface Tokens {
  /** A token that can be sent; null when nobody is signed in. */
  get(): Promise<string | null>
  /** Another one after this was refused; null if there is none, or not for the same person. */
  renew(refused: string): Promise<string | null>
}

/**
 * Tokens for one request. It belongs to the person for whom it was begun: if
 * somebody else signs in meanwhile, it never gets that person's token.
 */
export function tokensFor({ store }: Core, refresher: Refresher): Tokens {
  const person = () => {
    const known = store.known()
    return known && `${known.account.id}/${known.user.id}`
  }
  const whose = person()
  const held = () => (!whose || person() === whose ? (store.known()?.token ?? null) : null)
  return {
    async get() {
      await refresher.refresh(refresher.fresh)
      // Another tab's sign-in may have taken the place of that refresh.
      if (store.known() && !held()) await refresher.refresh(refresher.fresh)
      return held()
    },
    async renew(refused) {
      await refresher.refresh((known) => refresher.fresh(known) && known.token !== refused)
      const token = held()
      return token === refused ? null : token
    },
  }
}

/** Makes calls to Curfew's own API, refreshing and repeating once after a 401. */
export function createCall(core: Core, refresher: Refresher): Call {
  return async (method, path, shape, ask: Ask = {}, open = false) => {
    // An id that is empty or dots would name another operation.
    if (/\/\.{0,2}(?:[/?]|$)/.test(path)) throw new TypeError(`Not an id in ${path}`)
    const where = /^\/(?:healthz|readyz|\.well-known)/.test(path) ? path : `/api/v1${path}`
    if (open) return core.http(method, where, shape, ask)
    const tokens = tokensFor(core, refresher)
    const token = await tokens.get()
    try {
      return await core.http(method, where, shape, { ...ask, token })
    } catch (error) {
      if (!token || !(error instanceof CurfewError) || error.kind !== 'problem' || error.status !== 401)
        throw error
      const next = await tokens.renew(token)
      if (!next) throw error
      return core.http(method, where, shape, { ...ask, token: next })
    }
  }
}

/**
 * `fetch` for the product's own API: with the access token for the origins it
 * is meant for, and for no other; a 401 is answered by one refresh and one
 * repetition. A body that is a stream is gone once it is sent: such a request
 * is not repeated and its 401 is the answer.
 */
export function createFetch(core: Core, refresher: Refresher, origins: string[]): typeof fetch {
  return async (input, init) => {
    const page = core.env.window?.location?.href
    const request = input instanceof Request ? input : null
    const url = new URL(request ? request.url : String(input), page)
    const headers = new Headers(init?.headers ?? request?.headers)
    if (!origins.includes(url.origin) || headers.has('authorization')) return core.env.fetch(input, init)

    const send = (token: string | null) => {
      if (token) headers.set('authorization', `Bearer ${token}`)
      return core.env.fetch(input, { ...init, headers })
    }
    const tokens = tokensFor(core, refresher)
    const token = await tokens.get()
    const response = await send(token)
    const spent = init?.body instanceof ReadableStream || (request?.body && init?.body === undefined)
    if (response.status !== 401 || !token || spent) return response
    const next = await tokens.renew(token).catch(() => null)
    if (!next) return response
    await response.body?.cancel()
    return send(next)
  }
}
