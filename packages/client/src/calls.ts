import type { Core } from './core'
import { fresh, refresh } from './refresh'

/**
 * Does `send` with an access token and, if the answer or the error is a 401,
 * once more with another one (unless it cannot be `again`). The call belongs to
 * the person for whom it was begun: if somebody else signs in meanwhile, it
 * never gets that person's token.
 */
export async function authorized<T>(
  core: Core,
  send: (token: string | null | undefined) => Promise<T>,
  again = () => true,
): Promise<T> {
  const person = () => core.known?.user.id
  const whose = person()
  const held = () => (core.known && (!whose || person() === whose) ? core.known.access_token : null)
  await refresh(core)
  const token = held()
  const first = send(token)
  const status = (outcome: unknown) => (outcome as { status?: number } | undefined)?.status
  if ((await first.then(status, status)) !== 401 || !token || !again()) return first
  const good = fresh(core)
  await refresh(core, (known) => good(known) && known.access_token !== token)
  const next = held()
  return next ? send(next) : first
}

/**
 * `fetch` for the product's own API: with the access token for the origins it
 * is meant for, and for no other; a 401 is answered by one refresh and one
 * repetition. A body that is a stream is gone once it is sent: such a request
 * is not repeated and its 401 is the answer.
 */
export function createFetch(core: Core, addresses: string[]): typeof fetch {
  const { env } = core
  const origins = addresses.map((each) => new URL(each).origin)
  return async (input, init) => {
    const request = input as Request
    const { origin } = new URL(request.url ?? input, env.window?.location.href)
    const headers = new Headers(init?.headers ?? request.headers)
    // What has no origin of its own is "null".
    if (!/^http/.test(origin) || !origins.includes(origin) || headers.has('authorization')) {
      return env.fetch(input, init)
    }
    return authorized(
      core,
      (token) => {
        if (token) headers.set('authorization', `Bearer ${token}`)
        return env.fetch(input, { ...init, headers })
      },
      () => !request.bodyUsed && !(init?.body instanceof ReadableStream),
    )
  }
}
