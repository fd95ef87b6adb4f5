import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  type APIRequestContext,
  type BrowserContext,
  test as base,
  type Page,
  type Request,
  request,
} from '@playwright/test'

export { expect } from '@playwright/test'

export const binary =
  process.env.CURFEW_TEST_BINARY ?? fileURLToPath(new URL('../../bin/curfew-test', import.meta.url))
// Databases that live for seconds need no disk: in memory the tests take half the time.
const quickFolder = '/dev/shm'

export const password = 'correct horse battery staple'

export interface Person {
  name: string
  email: string
}

function scratch(): string {
  try {
    accessSync(quickFolder, constants.W_OK)
    return quickFolder
  } catch {
    return tmpdir()
  }
}

/** A real Curfew with a real database, for one test. */
export class Curfew {
  readonly url: string
  private constructor(
    private readonly process: ChildProcess,
    readonly folder: string,
    url: string,
    /** The operator's listener. */
    readonly adminUrl: string,
    readonly log: string[],
    /** What it printed for whoever started it. */
    readonly printed: string[],
  ) {
    this.url = url
  }

  /** Starts on an empty database, or on a copy of what a stopped server left in `from`. */
  static async start(
    args: string[] = [],
    environment: Record<string, string> = {},
    verb = 'serve',
    from?: string,
  ): Promise<Curfew> {
    const folder = await mkdtemp(join(scratch(), 'curfew-e2e-'))
    if (from) await cp(join(from, 'data'), join(folder, 'data'), { recursive: true })
    const child = spawn(
      binary,
      [
        verb,
        '--data-dir',
        join(folder, 'data'),
        '--addr',
        '127.0.0.1:0',
        '--admin-addr',
        '127.0.0.1:0',
        ...args,
      ],
      { env: { PATH: process.env.PATH, HOME: folder, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const log: string[] = []
    const printed: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => printed.push(line))
    const lines = createInterface({ input: child.stderr })
    const ready = new Promise<{ url: string; admin: string }>((resolve, reject) => {
      lines.on('line', (line) => {
        log.push(line)
        if (!line.includes('"ready"')) return
        const entry = JSON.parse(line)
        resolve({ url: entry.public_url, admin: `http://${entry.admin_addr}` })
      })
      child.on('exit', (code) => reject(new Error(`curfew ended with ${code}:\n${log.join('\n')}`)))
    })
    const { url, admin } = await ready
    return new Curfew(child, folder, url, admin, log, printed)
  }

  async stop(): Promise<void> {
    await this.end()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Ends the process in good order and leaves its folder, for another to start from. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.kill('SIGTERM')
    await ended
  }

  /** Stops the process at once, as a crash would. */
  async crash(): Promise<void> {
    const ended = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await ended
  }

  /** Moves the server's clock forward, and that of each page as a sleep would. */
  async pass(seconds: number, ...pages: Page[]): Promise<void> {
    // The pages of one browser share its clock.
    const browsers = new Set(pages.map((page) => page.context()))
    // An answer that is under way while only one of the clocks has moved would
    // tell the page a time that never was.
    for (const browser of browsers) await quiet(browser)
    const answer = await fetch(`${this.adminUrl}/test/clock`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ advance_seconds: seconds }),
    })
    if (!answer.ok) throw new Error(`the clock did not move: ${answer.status} ${await answer.text()}`)
    for (const browser of browsers) {
      await quiet(browser)
      await browser.clock.fastForward(seconds * 1000)
    }
  }

  /** A client of the API without a browser, for what happens elsewhere. */
  async api(): Promise<Api> {
    return new Api(await request.newContext({ baseURL: this.url }))
  }

  /** The first account and its owner. */
  async signUp(
    owner: Person = { name: 'Ada Lovelace', email: 'ada@acme.example' },
    account = 'Acme',
  ): Promise<Api> {
    const api = await this.api()
    await api.post('/auth/signup', { account_name: account, ...owner, password })
    return api
  }

  /** Invites a person as `owner` and accepts for them; the answer is theirs. */
  async join(owner: Api, person: Person, role: 'owner' | 'member' = 'member'): Promise<Api> {
    const { invite_url } = await owner.post('/accounts/me/invites', { email: person.email, role })
    const token = new URL(invite_url).hash.replace('#token=', '')
    const api = await this.api()
    await api.post('/auth/accept-invite', { token, name: person.name, password })
    return api
  }

  /** Another device of a person who signed in elsewhere. */
  async device(person: Person, userAgent?: string): Promise<Api> {
    const context = await request.newContext({ baseURL: this.url, ...(userAgent ? { userAgent } : {}) })
    const api = new Api(context)
    await api.post('/auth/login', { email: person.email, password })
    return api
  }
}

/** Calls the API as one device of one person. */
export class Api {
  private token = ''
  constructor(readonly context: APIRequestContext) {}

  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
    const answer = await this.context.fetch(`/api/v1${path}`, {
      method,
      headers: { ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) },
      ...(body === undefined ? {} : { data: body }),
    })
    const text = await answer.text()
    const parsed = text ? JSON.parse(text) : null
    if (parsed?.access_token) this.token = parsed.access_token
    return { status: answer.status(), body: parsed }
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
  private async must(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.call(method, path, body)
    if (answer.status >= 400)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  get(path: string) {
    return this.must('GET', path)
  }
  post(path: string, body?: unknown) {
    return this.must('POST', path, body ?? {})
  }
  patch(path: string, body: unknown) {
    return this.must('PATCH', path, body)
  }
  delete(path: string) {
    return this.must('DELETE', path)
  }
}

const underWay = new WeakMap<BrowserContext, Set<Request>>()

function countRequests(browser: BrowserContext): void {
  const open = new Set<Request>()
  underWay.set(browser, open)
  browser.on('request', (request) => open.add(request))
  browser.on('requestfinished', (request) => open.delete(request))
  browser.on('requestfailed', (request) => open.delete(request))
}

/**
 * Waits until a browser has its answers, for two seconds at most: whatever is
 * under way when its clock is moved has taken too long at once.
 */
async function quiet(browser: BrowserContext): Promise<void> {
  const open = underWay.get(browser)
  for (let calm = 0, tries = 0; open && calm < 3 && tries < 100; tries++) {
    calm = open.size === 0 ? calm + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface Fixtures {
  curfew: Curfew
  /** A browser of somebody else's, who knows nothing of this one. */
  otherBrowser: BrowserContext
}

export const test = base.extend<
  Fixtures & { serverArgs: string[]; serverEnvironment: Record<string, string> }
>({
  serverArgs: [[], { option: true }],
  serverEnvironment: [{}, { option: true }],
  curfew: async ({ serverArgs, serverEnvironment }, use, info) => {
    const curfew = await Curfew.start(serverArgs, serverEnvironment)
    await use(curfew)
    if (info.status !== info.expectedStatus) {
      await info.attach('server.log', { body: curfew.log.join('\n'), contentType: 'text/plain' })
    }
    await curfew.stop()
  },
  baseURL: async ({ curfew }, use) => use(curfew.url),
  otherBrowser: async ({ browser, contextOptions }, use) => {
    const context = await browser.newContext(contextOptions)
    countRequests(context)
    await use(context)
    await context.close()
  },
  // Whatever a page is refused by the Content-Security-Policy, or throws, fails
  // its test: nobody has to think of asking.
  context: async ({ context }, use) => {
    countRequests(context)
    const complaints: string[] = []
    context.on('page', (page) => {
      page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
      page.on('console', (message) => {
        if (/Content Security Policy|Trusted|violates/i.test(message.text())) complaints.push(message.text())
      })
    })
    await use(context)
    // Answers that a test changes may still be on their way; nobody waits for them any more.
    await Promise.all(context.pages().map((page) => page.unrouteAll({ behavior: 'ignoreErrors' })))
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
  },
})

/** Signs in on the sign-in page, as a person does. */
export async function signIn(page: Page, person: Person, path = '/login'): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Email').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/login'))
}

/**
 * Opens a page as somebody whose browser is signed in already, for tests of what
 * comes after: the sign-in page has tests of its own. `/` leads to where they begin.
 */
export async function enter(curfew: Curfew, page: Page, person: Person, path = '/'): Promise<void> {
  const answer = await page.request.post(`${curfew.url}/api/v1/auth/login`, {
    data: { email: person.email, password },
  })
  if (!answer.ok()) throw new Error(`not signed in: ${answer.status()} ${await answer.text()}`)
  await page.goto(curfew.url + path)
  await page.waitForURL((url) => url.pathname !== '/')
}

/** Sets an account's limits, in minutes, for the sign-ins to come. */
export async function limit(owner: Api, idle: number, absolute: number): Promise<void> {
  await owner.patch('/accounts/me/security', { idle_minutes: idle, absolute_minutes: absolute })
}

/** What the server says of this browser's session, asked without extending it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
export async function sessionOf(page: Page): Promise<any> {
  const answer = await page.request.get('/api/v1/auth/session')
  if (!answer.ok()) throw new Error(`no session: ${answer.status()}`)
  return (await answer.json()).session
}

/**
 * A moment as the pages write it for people here, such as "16:42", after some
 * words. A page knows the server's clock to half a round trip, so around the
 * full minute either one is right.
 */
export function clockTime(iso: string, before = '', after = ''): RegExp {
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'Europe/Paris',
  })
  const times = [-2000, 0, 2000].map((ms) => clock.format(Date.parse(iso) + ms))
  return new RegExp(`${before}(?:${[...new Set(times)].join('|')})${after}`)
}

export const ada: Person = { name: 'Ada Lovelace', email: 'ada@acme.example' }
export const grace: Person = { name: 'Grace Hopper', email: 'grace@acme.example' }
export const alan: Person = { name: 'Alan Turing', email: 'alan@acme.example' }
