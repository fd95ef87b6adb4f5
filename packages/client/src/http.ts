import type { ServerClock } from './clock'
import { CurfewError } from './errors'
import type { Environment, Problem } from './types'

/** What an answer must look like, so that nothing later trips over it. */
export type Shape =
  | 'none'
  | 'object'
  | 'list'
  | 'session'
  | 'token'
  | 'file'
  | 'account'
  | 'person'
  | 'security'
  | 'preview'

/** What goes with a request besides method and path. */
export interface Ask {
  body?: unknown
  token?: string | null
  ifMatch?: string | null | undefined
  signal?: AbortSignal | undefined
  /** Lets the browser finish the request when the page goes. */
  keepalive?: boolean
}

/** An answer that has the shape asked for. */
export interface Reply<T> {
  data: T
  etag: string | null
}

export type Http = <T>(method: string, path: string, shape: Shape, ask?: Ask) => Promise<Reply<T>>

// biome-ignore lint/suspicious/noExplicitAny: this is where unknown JSON is looked at
type Json = any

const isObject = (value: Json) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTime = (value: Json) => typeof value === 'string' && !Number.isNaN(Date.parse(value))

/** Whether this is what a session's answer is: every member that the client computes with. */
export function isSession(data: Json): boolean {
  const session = data?.session
  return (
    isObject(session) &&
    typeof session.id === 'string' &&
    Number.isInteger(session.generation) &&
    session.idle_minutes > 0 &&
    session.absolute_minutes > 0 &&
    [
      session.started_at,
      session.last_active_at,
      session.idle_expires_at,
      session.absolute_expires_at,
      data.server_time,
    ].every(isTime) &&
    typeof data.user?.id === 'string' &&
    typeof data.account?.id === 'string'
  )
}

const shapes: Record<Exclude<Shape, 'none' | 'file'>, (data: Json) => boolean> = {
  object: isObject,
  list: (data) => isObject(data) && Array.isArray(data.items),
  session: isSession,
  token: (data) => isSession(data) && typeof data.access_token === 'string' && data.expires_in >= 0,
  account: (data) => isObject(data) && typeof data.name === 'string' && Array.isArray(data.owners),
  person: (data) => isObject(data) && typeof data.name === 'string' && typeof data.email === 'string',
  security: (data) =>
    isObject(data) &&
    Array.isArray(data.presets) &&
    Array.isArray(data.active_users) &&
    data.effective_idle_minutes > 0 &&
    data.effective_absolute_minutes > 0,
  preview: (data) => isObject(data) && Array.isArray(data.users),
}

/** The answer's JSON; undefined for anything else. */
async function jsonOf(response: Response): Promise<Json> {
  if (!/[/+]json\b/.test(response.headers.get('content-type') ?? '')) return undefined
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Seconds of a Retry-After, which is a number or, from some proxies, a date. */
function retryAfter(response: Response, now: number): number | null {
  const value = response.headers.get('retry-after')
  if (!value) return null
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000)
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}

function nonsense(response: Response, now: number): CurfewError {
  return new CurfewError('nonsense', `The answer is not Curfew's (HTTP ${response.status}).`, {
    status: response.status,
    retryAfterSeconds: retryAfter(response, now),
  })
}

async function refusal(response: Response, now: number): Promise<CurfewError> {
  const problem: Problem | undefined = await jsonOf(response)
  const type = isObject(problem) && /(?:^|\/)problems\/([a-z0-9-]+)$/.exec(String(problem?.type))?.[1]
  if (!type || !problem || typeof problem.title !== 'string' || typeof problem.detail !== 'string') {
    return nonsense(response, now)
  }
  return new CurfewError('problem', problem.detail || problem.title, {
    status: response.status,
    type,
    problem,
    retryAfterSeconds: retryAfter(response, now),
  })
}

/** Where and how requests are made. */
export interface HttpOptions {
  baseUrl: string
  credentials: RequestCredentials
  timeoutMs: number
  clock: ServerClock
  /** Told whenever the server has answered as Curfew does. */
  onContact(): void
}

/** Makes one request and gives an answer of the right shape, or throws a `CurfewError`. */
export function createHttp(env: Environment, options: HttpOptions): Http {
  return async (method, path, shape, ask = {}) => {
    const { signal, body, token, ifMatch } = ask
    signal?.throwIfAborted()
    const abort = new AbortController()
    let late = false
    const cancel = () => abort.abort(signal?.reason)
    const timer = env.setTimeout(() => {
      late = true
      abort.abort()
    }, options.timeoutMs)
    signal?.addEventListener('abort', cancel)
    const headers: Record<string, string> = { accept: 'application/json' }
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (token) headers.authorization = `Bearer ${token}`
    if (ifMatch) headers['if-match'] = ifMatch
    let streaming = false
    try {
      const arrived = options.clock.start()
      const response = await env.fetch(options.baseUrl + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: options.credentials,
        cache: 'no-store',
        keepalive: ask.keepalive ?? false,
        signal: abort.signal,
      })
      const sample = arrived()
      if (!response.ok) throw await refusal(response, env.now())
      const etag = response.headers.get('etag')
      if (shape === 'none') {
        // Only "no content" and "accepted" have no body: a 200 is somebody else's page.
        if (response.status !== 204 && response.status !== 202) throw nonsense(response, env.now())
        options.onContact()
        return { data: undefined as never, etag }
      }
      if (shape === 'file') {
        if (/html/.test(response.headers.get('content-type') ?? 'html')) throw nonsense(response, env.now())
        streaming = true
        return { data: response as never, etag }
      }
      const data = await jsonOf(response)
      if (!shapes[shape](data)) throw nonsense(response, env.now())
      if (isTime(data.server_time)) sample(data.server_time)
      options.onContact()
      return { data, etag }
    } catch (error) {
      if (error instanceof CurfewError) {
        if (error.kind === 'problem') options.onContact()
        throw error
      }
      if (signal?.aborted) throw signal.reason
      if (late) throw new CurfewError('timeout', 'Curfew did not answer in time.', { cause: error })
      throw new CurfewError('offline', 'Curfew could not be reached.', { cause: error })
    } finally {
      env.clearTimeout(timer)
      // A file is still being read: its reader may still give up.
      if (!streaming) signal?.removeEventListener('abort', cancel)
    }
  }
}
