import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer as listen } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { createServer } from 'vite'
import { type Api, ada, Curfew, expect, limit, password, test as plain } from './harness'

const folder = fileURLToPath(new URL('../../examples/react-app/', import.meta.url))

interface Product {
  /** Curfew's path below the product's address; '' has it on another origin. */
  through: string
  product: string
  owner: Api
}

async function freePort(): Promise<number> {
  const server = listen().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The example product, served by Vite as `make example` does, and a Curfew that allows it. */
const test = plain.extend<Product, { cacheDir: string }>({
  // What Vite makes of the libraries at its first start is the same at each.
  cacheDir: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner wants the pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'curfew-vite-'))
      await use(folder)
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
  through: ['', { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants the pattern
  product: async ({}, use) => use(`http://127.0.0.1:${await freePort()}`),
  curfew: async ({ product, through, cacheDir }, use) => {
    const curfew = await Curfew.start(through ? [] : ['--allowed-origins', product])
    process.env.CURFEW_URL = curfew.url
    process.env.CURFEW_PATH = through
    const vite = await createServer({
      root: folder,
      configFile: join(folder, 'vite.config.ts'),
      cacheDir,
      logLevel: 'warn',
      server: { port: Number(new URL(product).port), hmr: false, watch: null },
    })
    await vite.listen()
    await use(curfew)
    await vite.close()
    await curfew.stop()
  },
  baseURL: async ({ product }, use) => use(product),
  owner: async ({ curfew }, use) => use(await curfew.signUp()),
})

async function enter(page: Page): Promise<void> {
  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The settings have what they show, so that no request is under way when time moves. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /^Strict/ }).waitFor()
  await page.getByRole('list', { name: 'Your sessions' }).waitFor()
  await page.getByRole('button', { name: /sessions? of / }).waitFor()
}

// In one worker, which starts with what Vite made for the test before.
test.describe.configure({ mode: 'default' })

const note = (page: Page) => page.getByLabel('Note for the next firing')
const region = (page: Page) => page.getByRole('region', { name: 'Session', exact: true })

for (const [where, through] of [
  ['on another origin', ''],
  ['behind a path of its own', '/curfew'],
] as const) {
  test.describe(`a product with Curfew ${where}`, () => {
    test.use({ through })

    test('has its own sign-in, keeps people signed in, and sets the policy among its settings', async ({
      page,
      curfew,
      owner,
      product,
    }) => {
      await limit(owner, 600, 1200)
      await page.clock.install()
      await page.goto('/settings')
      await page.waitForURL('**/sign-in?return_to=%2Fsettings')
      await expect(page.getByText('after a time without activity')).toHaveCount(0)
      await page.getByLabel('Email').fill(ada.email)
      await page.getByLabel('Password').fill('not the right password')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await expect(page.getByRole('alert')).toContainText('The email address or the password is not right.')
      await enter(page)
      await page.waitForURL(`${product}/settings`)
      await settled(page)

      // The access token runs out; the product's calls go on.
      await curfew.pass(6 * 60, page)
      const policy = page.getByRole('region', { name: 'Policy' })
      await policy.getByRole('radio', { name: /^Strict/ }).check()
      await policy.getByRole('button', { name: 'Save' }).click()
      await expect(policy.getByText('Policy saved')).toBeVisible()
      expect(await owner.call('POST', '/auth/refresh')).toMatchObject({ status: 200 })
      expect(await owner.get('/accounts/me/security')).toMatchObject({ preset: 'strict' })

      await page.reload()
      await expect(policy.getByRole('radio', { name: /^Strict/ })).toBeChecked()
      await page.getByRole('navigation').getByRole('button', { name: 'Sign out' }).click()
      await page.waitForURL(/\/sign-in/)
      await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
      await page.goto('/')
      await page.waitForURL(/\/sign-in/)
    })

    test('warns in its own words, says why a session ended, and goes back to the page', async ({
      page,
      curfew,
      owner,
      product,
    }) => {
      await limit(owner, 15, 600)
      await page.clock.install()
      await page.goto('/sign-in?return_to=/settings')
      await enter(page)
      await page.waitForURL(`${product}/settings`)
      await settled(page)
      await curfew.pass(10 * 60 + 15, page)
      await region(page).getByRole('button', { name: 'Keep me at the wheel' }).click()
      await expect(region(page)).toHaveText("You're still signed in.")
      await curfew.pass(15 * 60 + 5, page)
      await page.waitForURL('**/sign-in?reason=session_expired&return_to=%2Fsettings')
      await expect(page.getByRole('status')).toContainText('after a time without activity')
      await enter(page)
      await page.waitForURL(`${product}/settings`)
    })

    test('keeps what was typed while one signs in again in a window', async ({
      page,
      context,
      curfew,
      owner,
      product,
    }) => {
      await limit(owner, 60, 60)
      await page.clock.install()
      await page.goto('/sign-in')
      await enter(page)
      await page.waitForURL(`${product}/`)
      await note(page).fill('Candle the celadon for two hours')
      await curfew.pass(55 * 60 + 15, page)
      const opens = context.waitForEvent('page')
      await region(page).getByRole('button', { name: 'Sign in now' }).click()
      const popup = await opens
      await expect(popup.getByRole('status')).toContainText('Sign in again to carry on')
      const closed = popup.waitForEvent('close')
      await enter(popup)
      await closed
      await expect(region(page).getByRole('button')).toHaveCount(0)
      await curfew.pass(10 * 60, page)
      await page.getByRole('link', { name: /^Settings/ }).waitFor()
      await expect(note(page)).toHaveValue('Candle the celadon for two hours')
      await expect(page).toHaveURL(`${product}/`)
    })
  })
}
