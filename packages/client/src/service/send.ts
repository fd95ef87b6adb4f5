import { CurfewError } from '../errors'

/** What goes with a request besides method and path. */
export interface Ask {
  query?: Record<string, string | number | undefined> | undefined
  headers?: Record<string, string | undefined>
  /** Sent as JSON; `form` as a form. */
  body?: unknown
  form?: Record<string, string>
  /** Whether it may be sent again without another effect. */
  again?: boolean
  /** Whether the answer has no body. */
  nothing?: boolean
  signal?: AbortSignal | undefined
}

/** Where Curfew is, and how it is asked. */
export interface Wire {
  url: string
  key: string
  fetch: typeof fetch
  timeoutMs: number
  wait: (ms: number) => Promise<void>
}

/** How often a request is sent at most. */
const attempts = 3
/** The longest wait before another attempt, whatever the server asks. */
const longestWaitMs = 5000

// biome-ignore lint/suspicious/noExplicitAny: this is where unknown JSON is looked at
type Json = any

/** Sends a request, again where that is safe and makes sense, and gives the answer's object with its ETag. */
export async function send(wire: Wire, method: string, path: string, ask: Ask = {}): Promise<Json> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(wire, method, path, ask)
    } catch (error) {
      if (!ask.again || attempt === attempts || !(error instanceof CurfewError) || !passing(error))
        throw error
      const pause = 50 * 2 ** attempt * (0.5 + Math.random())
      await unlessGone(
        wire.wait(Math.min(Math.max(pause, (error.retryAfterSeconds ?? 0) * 1000), longestWaitMs)),
        ask.signal,
      )
    }
  }
}

/** Waits for something, and rejects at once when the caller has gone. */
async function unlessGone(waiting: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (!signal) return waiting
  signal.throwIfAborted()
  const over = new AbortController()
  const gone = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { signal: over.signal })
  })
  try {
    await Promise.race([waiting, gone])
  } finally {
    over.abort()
  }
  signal.throwIfAborted()
}

/** Whether it may be better in a moment. */
function passing({ kind, status }: CurfewError): boolean {
  return kind === 'offline' || kind === 'timeout' || [429, 502, 503, 504].includes(status)
}

async function once(wire: Wire, method: string, path: string, ask: Ask): Promise<Json> {
  const { query = {}, headers = {}, body, form, signal } = ask
  const given = Object.entries(query).filter(([, value]) => (value ?? '') !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, `${value}`]))
  const late = AbortSignal.timeout(wire.timeoutMs)
  try {
    const response = await wire.fetch(`${wire.url}${path}${given[0] ? `?${search}` : ''}`, {
      method,
      headers: {
        authorization: `Bearer ${wire.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
      } as Record<string, string>,
      body: form ? new URLSearchParams(form) : body === undefined ? null : JSON.stringify(body),
      // What carries a key follows nobody elsewhere.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, late]) : late,
    })
    return read(response, await response.text(), ask.nothing)
  } catch (error) {
    if (error instanceof CurfewError) throw error
    signal?.throwIfAborted()
    if (late.aborted) throw new CurfewError('timeout', 'Curfew did not answer in time.')
    throw new CurfewError('offline', 'Curfew could not be reached.', { cause: error })
  }
}

/** What an answer says, or the error that it is. */
function read(response: Response, text: string, nothing = false): Json {
  const { status, headers } = response
  const data = parsed(text)
  if (response.ok && nothing && !text) return undefined
  if (response.ok && !nothing && data)
    return headers.has('etag') ? { ...data, etag: headers.get('etag') } : data
  const type = /^\/problems\/([a-z0-9-]+)$/.exec(data?.type)?.[1]
  const problem = !response.ok && type && data.title ? data : null
  const seconds = Number(headers.get('retry-after'))
  throw new CurfewError(
    problem ? 'problem' : 'nonsense',
    problem ? problem.detail || problem.title : `Not an answer of Curfew (HTTP ${status}).`,
    { status, problem, type: problem ? type : '', retryAfterSeconds: seconds > 0 ? seconds : null },
  )
}

/** The JSON object that this text is; undefined for anything else. */
function parsed(text: string): Json {
  try {
    const data = JSON.parse(text)
    return data && !Array.isArray(data) && typeof data === 'object' ? data : undefined
  } catch {
    return undefined
  }
}
