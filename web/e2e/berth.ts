import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { build } from 'vite'
import { binary, type Curfew, password, test as plain } from './harness'

const run = promisify(execFile)

/** The state of the example: without Curfew, or under it. */
export type State = 'before' | 'after'

/** The product of examples/own-login, with a database of its own. */
export interface Berth {
  url: string
  log: string[]
  stop(): Promise<void>
}

/** Makes the product's program and pages in a folder. */
export async function buildBerth(state: State, folder: string): Promise<void> {
  const source = fileURLToPath(new URL(`../../examples/own-login/${state}/`, import.meta.url))
  await run('go', ['build', '-trimpath', '-o', join(folder, state), '.'], {
    cwd: source,
    // As everything else is built: what it is made of is compiled once.
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  await build({
    root: join(source, 'web'),
    configFile: join(source, 'web/vite.config.ts'),
    logLevel: 'warn',
    // The packages as they are here, built or not.
    resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
    build: { outDir: join(folder, `${state}-pages`), emptyOutDir: true },
  })
}

/** Starts it, under a Curfew or under none. */
export async function startBerth(state: State, folder: string, environment = {}): Promise<Berth> {
  const data = await mkdtemp(join(tmpdir(), 'curfew-berth-'))
  const child = spawn(join(folder, state), {
    env: {
      PATH: process.env.PATH,
      ADDR: '127.0.0.1:0',
      DATABASE: join(data, 'berth.db'),
      PAGES: join(folder, `${state}-pages`),
      PASSWORD: password,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line)
      const [, at] = /Berth is at (\S+)/.exec(line) ?? []
      if (at) resolve(at)
    })
    child.on('exit', (code) => reject(new Error(`berth ended with ${code}:\n${log.join('\n')}`)))
  })
  return {
    url,
    log,
    async stop() {
      const ended = once(child, 'exit')
      if (child.kill('SIGTERM')) await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** A service key, made at the command line. */
async function makeKey(curfew: Curfew, scopes: string): Promise<string> {
  const { stdout } = await run(binary, [
    ...['service-keys', 'create', '--data-dir', join(curfew.folder, 'data')],
    ...['--name', 'berth', '--json', '--scope', scopes],
  ])
  return JSON.parse(stdout).key
}

/** Calls what Curfew has for services, about North Quay. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
export type Service = (method: string, path: string, body?: object) => Promise<any>

interface Product {
  /** The product's key at Curfew. */
  key: string
  /** What another service of the same makers does at Curfew. */
  service: Service
  berth: Berth
}

/** The product under a Curfew; built once for all tests of a worker. */
export const test = plain.extend<Product, { folder: string }>({
  folder: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner wants the pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'curfew-berth-built-'))
      await buildBerth('before', folder)
      await buildBerth('after', folder)
      await use(folder)
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  serverArgs: ['--trusted-proxies', '127.0.0.1', '--signup', 'closed'],
  // What the quickstart and start.sh give it.
  key: async ({ curfew }, use) =>
    use(await makeKey(curfew, 'sessions:write,accounts:write,revocations:read')),
  service: async ({ curfew }, use) => {
    const key = await makeKey(curfew, 'accounts:write,sessions:read')
    await use(async (method, path, body) => {
      const answer = await fetch(`${curfew.url}/api/v1/service/accounts/north-quay${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text ? JSON.parse(text) : null
    })
  },
  berth: async ({ curfew, key, folder }, use, info) => {
    const berth = await startBerth('after', folder, { CURFEW: curfew.url, CURFEW_KEY: key })
    await use(berth)
    if (info.status !== info.expectedStatus) {
      await info.attach('berth.log', { body: berth.log.join('\n'), contentType: 'text/plain' })
    }
    await berth.stop()
  },
  baseURL: async ({ berth }, use) => use(berth.url),
})

/** Signs in on the product's own page. */
export async function enter(page: Page, email: string, secret = password): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Opens the product as somebody; ends on the bookings. */
export async function comeAboard(page: Page, url: string, email: string): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await enter(page, email)
  await page.waitForURL(`${url}/`)
  await page.getByRole('cell').first().waitFor()
}
