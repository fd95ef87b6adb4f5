import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test as base, expect, type Page } from '@playwright/test'

const bin = (name: string) => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url))
const nginx = process.env.CURFEW_TEST_EXAMPLE_NGINX ?? bin('example-nginx')
const curfew = process.env.CURFEW_TEST_BINARY ?? bin('curfew-test')

interface Product {
  url: string
  email: string
  password: string
}

/** The example behind a real nginx, with a Curfew of its own. */
const test = base.extend<{ product: Product }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants the pattern
  product: async ({}, use) => {
    const example = spawn(nginx, ['-curfew', curfew, '-listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(example, 'exit')
    const printed: string[] = []
    for await (const line of createInterface({ input: example.stdout })) {
      printed.push(line)
      if (line.includes('Ctrl-C')) break
    }
    const [first = '', , , email = '', password = ''] = printed.map((line) => line.trim())
    await use({ url: first.split(' ').at(-1) ?? '', email, password })
    example.kill('SIGINT')
    await ended
  },
})

async function signIn(page: Page, { email, password }: Product) {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
const inside = (page: Page) => expect(page.getByRole('heading', { name: 'The product' })).toBeVisible()

test('whoever is not signed in comes back to the very page after it', async ({ page, product }) => {
  await page.goto(`${product.url}/orders?page=2&sort=name#row-7`)
  await page.waitForURL('**/login?return_to=**')
  await signIn(page, product)
  await inside(page)
  await expect(page).toHaveURL(`${product.url}/orders?page=2&sort=name#row-7`)
  await expect(page.locator('pre')).toContainText('X-Curfew-User')
  await expect(page.locator('pre')).not.toContainText('curfew_refresh')
})

test('a cookie that ran out is renewed without a word', async ({ page, context, product }) => {
  await page.goto(`${product.url}/`)
  await signIn(page, product)
  await inside(page)
  await context.clearCookies({ name: 'curfew_access' })
  await page.goto(`${product.url}/orders?page=3&sort=date#row-9`)
  await inside(page)
  await expect(page).toHaveURL(`${product.url}/orders?page=3&sort=date#row-9`)
})

test('a proxy that never lets anybody in does not make a circle', async ({ page, product }) => {
  await page.goto(`${product.url}/`)
  await signIn(page, product)
  await inside(page)
  let asked = 0
  await page.route('**/orders', (route) => {
    asked++
    return route.fulfill({ status: 302, headers: { location: '/continue?return_to=/orders' } })
  })
  await page.goto(`${product.url}/orders`)
  await expect(page.getByRole('heading', { name: 'The page did not open' })).toBeVisible()
  expect(asked).toBe(2)
  await page.unroute('**/orders')
  await page.getByRole('button', { name: 'Try again' }).click()
  await inside(page)
  await expect(page).toHaveURL(`${product.url}/orders`)
})

test('after signing out the product is shut', async ({ page, product }) => {
  await page.goto(`${product.url}/`)
  await signIn(page, product)
  await inside(page)
  await page.goto(`${product.url}/account`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/login**')
  await page.goto(`${product.url}/?a=1`)
  await page.waitForURL('**/login?return_to=**')
  await expect(page.getByLabel('Email')).toBeVisible()
  await signIn(page, product)
  await expect(page).toHaveURL(`${product.url}/?a=1`)
})
