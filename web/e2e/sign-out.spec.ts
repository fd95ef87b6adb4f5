import type { Page } from '@playwright/test'
import { ada, expect, password, sessionOf, signIn, test } from './harness'

test.beforeEach(async ({ curfew, page }) => {
  await curfew.signUp()
  await signIn(page, ada)
})

const leave = (page: Page) => page.getByRole('button', { name: /^Sign out$/ })

test('signing out ends the session at the server and says nothing of it at sign-in', async ({
  page,
  curfew,
  context,
}) => {
  const { id } = await sessionOf(page)
  const cookies = await context.cookies()
  expect(cookies.map(({ name }) => name)).toContain('curfew_refresh')
  await leave(page).first().click()
  await page.waitForURL(`${curfew.url}/login`)
  await expect(page.getByLabel('Email')).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('curfew_refresh')
  // The cookie of before is worth nothing.
  const again = await fetch(`${curfew.url}/api/v1/auth/session`, {
    headers: { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') },
  })
  expect(again.status).toBe(401)
  const owner = await curfew.device(ada)
  const { items } = await owner.get('/accounts/me/sessions?status=ended')
  expect(items.find((item: { id: string }) => item.id === id)).toMatchObject({ reason: 'logout' })
})

test('signing out in one tab signs out the others, without a banner', async ({ page, context }) => {
  const other = await context.newPage()
  await other.goto('/account/people')
  await other.getByRole('heading', { level: 1, name: 'People' }).waitFor()
  await leave(page).first().click()
  await page.waitForURL('**/login')
  await other.waitForURL('**/login?return_to=%2Faccount%2Fpeople')
  await expect(other.getByLabel('Email')).toBeVisible()
  await expect(other.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
  await expect(other.getByText('Ada Lovelace')).toHaveCount(0)
})

test('the way back in the history shows nobody’s pages', async ({ page, curfew }) => {
  await page.goto('/account/people')
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
  await leave(page).first().click()
  await page.waitForURL(`${curfew.url}/login`)
  await page.goBack()
  await page.waitForURL('**/login**')
  await expect(page.getByLabel('Email')).toBeVisible()
  await expect(page.getByText(ada.email)).toHaveCount(0)
})

test('when it fails one is told to be signed in still, and it can be repeated', async ({ page, curfew }) => {
  await page.route('**/api/v1/auth/logout', (route) =>
    route.fulfill({
      status: 503,
      headers: { 'Retry-After': '1' },
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: '/problems/unavailable',
        title: 'Unavailable',
        status: 503,
        detail: 'Try again.',
        instance: 'x',
      }),
    }),
  )
  await leave(page).first().click()
  const alert = page.getByRole('alert').filter({ hasText: 'You are still signed in' })
  await expect(alert).toBeVisible()
  expect((await page.request.get('/api/v1/auth/session')).status()).toBe(200)
  await page.unroute('**/api/v1/auth/logout')
  await alert.getByRole('button', { name: 'Try to sign out again' }).click()
  await page.waitForURL(`${curfew.url}/login`)
  expect((await page.request.get('/api/v1/auth/session')).status()).toBe(401)
})

test('signing out while a refresh is under way stays signed out', async ({ page, curfew }) => {
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let begun = () => {}
  const asked = new Promise<void>((resolve) => {
    begun = resolve
  })
  await page.reload()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.route('**/api/v1/auth/refresh', async (route) => {
    begun()
    await held
    await route.continue().catch(() => undefined)
  })
  // After the token ran out, each page asks for another.
  await curfew.pass(360)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'People' }).click()
  await asked
  await leave(page).first().click()
  await page.waitForURL(`${curfew.url}/login`)
  letGo()
  await expect(page.getByLabel('Email')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Email')).toBeVisible()
  expect((await page.request.get('/api/v1/auth/session')).status()).toBe(401)
})

test('the next person sees nothing of the one before', async ({ page, curfew }) => {
  const owner = await curfew.device(ada)
  await curfew.join(owner, { name: 'Alan Turing', email: 'alan@acme.example' })
  await page.goto('/account')
  await page.getByText(ada.email).first().waitFor()
  await leave(page).first().click()
  await page.waitForURL(`${curfew.url}/login`)
  await page.getByLabel('Email').fill('alan@acme.example')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account')
  await expect(page.getByRole('button', { name: 'You: Alan Turing' })).toBeVisible()
  await expect(page.getByRole('main').getByText('alan@acme.example')).toBeVisible()
  await expect(page.getByRole('navigation').getByRole('link', { name: 'People' })).toHaveCount(0)
})
