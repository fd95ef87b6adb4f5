import { apart, type Core, jumped, serverNow } from './core'
import { CurfewError } from './errors'

/**
 * What an answer must look like, so that nothing later trips over it: `none`,
 * `file`, or the members that its object must have: `[]` for a list, and what
 * ends in `_at` or `_time` for a moment. With `etag` it is given its version.
 */
export type Shape = string

/** What the answers about a session must have: what the client computes with. */
export const sessionShape =
  'session.id session.generation session.idle_minutes session.absolute_minutes session.started_at session.last_active_at session.idle_expires_at session.absolute_expires_at server_time user.id account.id'
/** The same, with an access token. */
export const tokenShape = `${sessionShape} access_token expires_in`

/** What goes with a request besides method and path. */
export interface Ask {
  body?: unknown
  token?: string | null | undefined
  ifMatch?: string | null | undefined
  signal?: AbortSignal | undefined
  /** Lets the browser finish the request when the page goes. */
  keepalive?: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: this is where unknown JSON is looked at
type Json = any

/** Whether the object has the members of a shape. */
export function fits(data: Json, shape: Shape): boolean {
  return shape.split(' ').every((path) => {
    const [member = '', list] = path.split('[')
    const value = member.split('.').reduce((object, key) => object?.[key], data)
    if (/_(at|time)$/.test(member)) return Date.parse(value) > 0
    return list ? Array.isArray(value) : value !== undefined
  })
}

/** The JSON object that this text is; undefined for anything else. */
function parsed(text: string): Json {
  try {
    if (/^\s*{/.test(text)) return JSON.parse(text)
  } catch {
    // As good as none.
  }
}

/** The error of an answer that refuses, or that is none of Curfew's. */
function refusal(core: Core, response: Response, data: Json): CurfewError {
  const { status, headers } = response
  const type = /\/problems\/([a-z0-9-]+)$/.exec(data?.type)?.[1]
  const problem = type && data.title ? data : null
  // A number or, from some proxies, a date.
  const wait = headers.get('retry-after') ?? ''
  const seconds = Math.ceil(+wait || (Date.parse(wait) - serverNow(core)) / 1000)
  return new CurfewError(
    problem ? 'problem' : 'nonsense',
    problem ? problem.detail || problem.title : `Not an answer of Curfew (HTTP ${status}).`,
    { status, problem, type: problem ? type : '', retryAfterSeconds: Math.max(0, seconds) || null },
  )
}

/** A request that took longer slept on its way. */
const longest = 30_000

/**
 * Makes one request and gives an answer of the right shape, or throws a
 * `CurfewError`. A path is below the API's unless it starts with a slash.
 */
export async function http<T>(
  core: Core,
  method: string,
  path: string,
  shape: Shape,
  { body, token, ifMatch, signal, keepalive = false }: Ask = {},
): Promise<T> {
  const { env } = core
  signal?.throwIfAborted()
  const abort = new AbortController()
  const cancel = () => abort.abort(signal?.reason)
  signal?.addEventListener('abort', cancel)
  const timer = env.setTimeout(
    () => abort.abort(new CurfewError('timeout', 'Curfew did not answer in time.')),
    core.timeoutMs,
  )
  const headers: Record<string, string> = {}
  if (body) headers['content-type'] = 'application/json'
  if (token) headers.authorization = `Bearer ${token}`
  if (ifMatch) headers['if-match'] = ifMatch
  try {
    const from = env.monotonic()
    const before = apart(core)
    const response = await env.fetch(core.baseUrl + (path[0] === '/' ? path : `/api/v1/${path}`), {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      credentials: core.sameOrigin ? 'same-origin' : 'include',
      keepalive,
      // Nothing of Curfew's redirects: whoever does is somebody else. It is not
      // followed, and its answer is nonsense rather than no network.
      redirect: 'manual',
      signal: abort.signal,
    })
    const took = env.monotonic() - from
    const middle = env.now() - took / 2
    const slept = took > longest || jumped(core, before)
    const type = response.headers.get('content-type') ?? ''
    if (response.ok && shape === 'file' && /csv|json/.test(type)) return response as T
    let data = parsed(await response.text())
    if (data && /etag/.test(shape)) data = { ...data, etag: response.headers.get('etag') }
    // Only "no content" and "accepted" have no body: a 200 is somebody else's page.
    const good =
      shape === 'none'
        ? /20[24]/.test(`${response.status}`)
        : response.ok && data && (!shape || fits(data, shape))
    const error = good ? null : refusal(core, response, data)
    if (error?.kind !== 'nonsense') core.contactAt = env.monotonic()
    if (error) throw error
    const time = !slept && Date.parse(data?.server_time)
    // Its clock is taken to show the middle of the request. The quicker that
    // was, the smaller the error: a sample that took over 1.5 times as long as
    // the best is dropped, and loosens the bound, for networks become slower.
    // So is one that the device slept through: nobody knows when in between the
    // server answered.
    if (time && took > core.best * 1.5) core.best += (took - core.best) / 10
    else if (time) {
      core.best = Math.min(core.best, took)
      core.offset = time - middle
    }
    return data
  } catch (error) {
    if (error instanceof CurfewError) throw error
    if (abort.signal.aborted) throw abort.signal.reason
    throw new CurfewError('offline', 'Curfew could not be reached.', { cause: error })
  } finally {
    env.clearTimeout(timer)
    // A file is still being read: its reader may still give up.
    if (shape !== 'file') signal?.removeEventListener('abort', cancel)
  }
}
