import type { Tab } from './browser'
import type { World } from './world'

interface Row {
  id: string
  user: { id: string; name: string; email: string; role: 'owner' | 'member' }
  generation: number
  rotatedAt: number | null
  attempt: string | null
  startedAt: number
  lastActive: number
  idleMinutes: number
  absoluteMinutes: number
  revoked: string | null
}

export interface Asked {
  tab: Tab
  method: string
  path: string
  query: string
  headers: Headers
  body: Record<string, unknown>
  cookie: string | null
  credentials: string | undefined
  keepalive: boolean
  redirect: string | undefined
}

interface Answer {
  status: number
  body?: unknown
  type?: string
  headers?: Record<string, string>
  /** What happens to the cookie: undefined leaves it. */
  cookie?: string | null
}

/**
 * What happens to one request on its way. `lost`: the server does it and the
 * answer never comes. `hang`: it never arrives. `cut`: it never arrives and
 * the connection breaks. Otherwise an answer that somebody else gives.
 */
type Fault = 'lost' | 'hang' | 'cut' | Answer

const iso = (ms: number) => new Date(ms).toISOString()

/** A server of the real rules: rotation, grace, young answers, 409, reuse, deadlines. */
export class Server {
  readonly rows = new Map<string, Row>()
  readonly log: Asked[] = []
  readonly tokens = new Map<string, { session: string; until: number }>()
  readonly extra = new Map<string, (asked: Asked) => Answer>()
  grace = 30_000
  tokenLife = 300
  latency = 40
  /** Other latencies, by path. */
  readonly slow = new Map<string, number>()
  idleMinutes = 60
  absoluteMinutes = 720
  user: Row['user'] = { id: 'u1', name: 'Ada', email: 'ada@example.com', role: 'owner' }
  /** Asked for each request; the first fault it gives is taken. */
  faults: ((asked: Asked) => Fault | undefined)[] = []
  private serial = 0

  constructor(readonly world: World) {}

  count(path: string, method?: string): number {
    return this.log.filter((asked) => asked.path === path && (!method || asked.method === method)).length
  }
  get refreshes(): Asked[] {
    return this.log.filter((asked) => asked.path === '/api/v1/auth/refresh')
  }
  /** The body of one refresh; negative counts from the last. */
  sent(index: number): Record<string, unknown> {
    return this.refreshes.at(index)?.body ?? {}
  }

  /** Once, for the next request to this path. */
  fail(path: string, fault: Fault): void {
    const once = (asked: Asked) => {
      if (asked.path !== path) return undefined
      this.faults.splice(this.faults.indexOf(once), 1)
      return fault
    }
    this.faults.push(once)
  }

  /** A session as if somebody had signed in. Gives the cookie. */
  signIn(): string {
    const id = `s${this.rows.size + 1}`
    const now = this.world.time
    this.rows.set(id, {
      id,
      user: this.user,
      generation: 1,
      rotatedAt: null,
      attempt: null,
      startedAt: now,
      lastActive: now,
      idleMinutes: this.idleMinutes,
      absoluteMinutes: this.absoluteMinutes,
      revoked: null,
    })
    return `${id}.1`
  }
  row(id: string): Row {
    const row = this.rows.get(id)
    if (!row) throw new Error(`no session ${id}`)
    return row
  }
  revoke(id: string, reason: string): void {
    this.row(id).revoked ??= reason
  }

  fetchFor(tab: Tab): typeof fetch {
    return (async (input: RequestInfo | URL, init: RequestInit = {}) => {
      const { world } = this
      const url = new URL(String(input instanceof Request ? input.url : input), 'https://app.example.com')
      const text = typeof init.body === 'string' ? init.body : ''
      const asked: Asked = {
        tab,
        method: init.method ?? 'GET',
        path: url.origin === 'https://app.example.com' ? url.pathname : url.origin + url.pathname,
        query: url.search,
        headers: new Headers(init.headers),
        body: text.startsWith('{') ? JSON.parse(text) : {},
        cookie: tab.browser.cookie,
        credentials: init.credentials,
        keepalive: init.keepalive ?? false,
        redirect: init.redirect,
      }
      const signal = init.signal
      signal?.throwIfAborted()
      tab.requests.push(`${asked.method} ${asked.path}`)
      const gone = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason))
      })
      gone.catch(() => undefined)
      const work = async () => {
        const latency = this.slow.get(asked.path) ?? this.latency
        await world.wait(latency / 2)
        this.log.push(asked)
        let fault: Fault | undefined
        for (const each of [...this.faults]) fault ??= each(asked)
        if (fault === 'hang') return new Promise<never>(() => {})
        if (fault === 'cut') throw new TypeError('Failed to fetch')
        const answer = typeof fault === 'object' ? fault : this.answer(asked)
        if (fault === 'lost') return new Promise<never>(() => {})
        await world.wait(latency / 2)
        if (signal?.aborted) throw signal.reason
        if (answer.cookie !== undefined) tab.browser.cookie = answer.cookie
        const body =
          answer.body === undefined
            ? null
            : typeof answer.body === 'string'
              ? answer.body
              : JSON.stringify(answer.body)
        const type = answer.type ?? (answer.status < 400 ? 'application/json' : 'application/problem+json')
        return new Response(body, {
          status: answer.status,
          headers: body === null ? { ...answer.headers } : { 'content-type': type, ...answer.headers },
        })
      }
      return Promise.race([work(), gone])
    }) as typeof fetch
  }

  answer(asked: Asked): Answer {
    const { path, method } = asked
    const own = this.extra.get(`${method} ${path}`)
    if (own) return own(asked)
    if (path === '/api/v1/auth/refresh') return this.refresh(asked)
    if (path === '/api/v1/auth/session') return this.session(asked)
    if (path === '/api/v1/auth/login') return this.login(asked)
    if (path === '/api/v1/auth/logout') return this.logout(asked)
    if (path === '/api/v1/auth/config') return { status: 200, body: { setup_needed: false } }
    return this.bearer(asked) ?? { status: 200, body: { ...this.user, method }, headers: { etag: '"v1"' } }
  }

  /** The refusal of a request without a good access token, or nothing. */
  bearer(asked: Asked): Answer | undefined {
    const header = asked.headers.get('authorization')
    if (!header) return problem(401, 'unauthenticated')
    const token = this.tokens.get(header.replace('Bearer ', ''))
    if (!token || token.until <= this.world.time) return problem(401, 'invalid-token')
    return this.ended(this.row(token.session))
  }

  private deadlines(row: Row) {
    const absolute = row.startedAt + row.absoluteMinutes * 60_000
    return { absolute, idle: Math.min(row.lastActive + row.idleMinutes * 60_000, absolute) }
  }

  private ended(row: Row): Answer | undefined {
    const { absolute, idle } = this.deadlines(row)
    if (row.revoked)
      return problem(401, row.revoked === 'reuse_detected' ? 'refresh-token-reused' : 'session-revoked', {
        reason: row.revoked,
      })
    if (this.world.time >= idle)
      return problem(401, 'session-expired', { reason: idle < absolute ? 'idle' : 'absolute' })
    return undefined
  }

  private view(row: Row) {
    const { absolute, idle } = this.deadlines(row)
    return {
      session: {
        id: row.id,
        generation: row.generation,
        started_at: iso(row.startedAt),
        last_active_at: iso(row.lastActive),
        idle_minutes: row.idleMinutes,
        absolute_minutes: row.absoluteMinutes,
        idle_expires_at: iso(idle),
        absolute_expires_at: iso(absolute),
      },
      user: row.user,
      account: { id: 'a1', name: 'Acme' },
      server_time: iso(this.world.time),
    }
  }

  private grant(row: Row, generation: number, cookie: string | undefined): Answer {
    const token = `at${++this.serial}`
    const { idle } = this.deadlines(row)
    const until = Math.min(this.world.time + this.tokenLife * 1000, idle)
    this.tokens.set(token, { session: row.id, until })
    const body = {
      access_token: token,
      token_type: 'Bearer',
      expires_in: Math.floor((until - this.world.time) / 1000),
      ...this.view({ ...row, generation }),
    }
    return cookie === undefined ? { status: 200, body } : { status: 200, body, cookie }
  }

  private refresh({ cookie, body }: Asked): Answer {
    const { world } = this
    if (!cookie) return problem(401, 'no-session', {}, null)
    const [id = '', text] = cookie.split('.')
    const generation = Number(text)
    if (body.generation !== undefined && (body.generation !== generation || body.session_id !== id)) {
      return problem(409, 'generation-moved', { generation, session_id: id })
    }
    const row = this.rows.get(id)
    if (!row || generation > row.generation) return problem(401, 'invalid-token', {}, null)
    const ended = this.ended(row)
    if (ended) return { ...ended, cookie: null }
    const active = world.time - Number(body.inactive_seconds ?? 0) * 1000
    const young = row.rotatedAt !== null && world.time < row.rotatedAt + this.grace
    if (generation === row.generation) {
      row.lastActive = Math.max(row.lastActive, active)
      if (body.generation !== undefined && young) return this.grant(row, generation, undefined)
      row.generation++
      row.rotatedAt = world.time
      row.attempt = (body.attempt as string | undefined) ?? null
      return this.grant(row, row.generation, `${id}.${row.generation}`)
    }
    if (generation === row.generation - 1 && young && row.attempt === (body.attempt ?? null)) {
      return this.grant(row, row.generation, `${id}.${row.generation}`)
    }
    this.revoke(id, 'reuse_detected')
    return problem(401, 'refresh-token-reused', { reason: 'reuse_detected' }, null)
  }

  private session({ cookie, headers }: Asked): Answer {
    const bearer = headers.get('authorization')?.replace('Bearer ', '')
    const id = bearer ? this.tokens.get(bearer)?.session : cookie?.split('.')[0]
    if (!id) return problem(401, 'no-session')
    const row = this.row(id)
    return this.ended(row) ?? { status: 200, body: this.view(row) }
  }

  private login({ cookie, body }: Asked): Answer {
    if (body.password !== 'right') return problem(401, 'invalid-credentials')
    const old = cookie?.split('.')[0]
    if (old) this.revoke(old, 'logout')
    const next = this.signIn()
    return this.grant(this.row(next.split('.')[0] ?? ''), 1, next)
  }

  private logout({ cookie, headers }: Asked): Answer {
    const bearer = this.tokens.get(headers.get('authorization')?.replace('Bearer ', '') ?? '')?.session
    for (const id of [cookie?.split('.')[0], bearer]) if (id) this.revoke(id, 'logout')
    return { status: 204, cookie: null }
  }
}

/** A problem document as Curfew makes it. */
export function problem(status: number, type: string, members: object = {}, cookie?: null): Answer {
  const body = {
    type: `/problems/${type}`,
    title: type,
    status,
    detail: `This is ${type}.`,
    instance: 'REQ1',
    ...members,
  }
  return cookie === undefined ? { status, body } : { status, body, cookie }
}
