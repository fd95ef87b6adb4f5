import type { Page } from '@playwright/test'
import { ada, alan, expect, limit, password, signIn, test } from './harness'

const email = (page: Page) => page.getByLabel('Email')
const secret = (page: Page) => page.getByLabel('Password', { exact: true })
const button = (page: Page) => page.getByRole('button', { name: /^Sign(ing)? in/ })

async function typeIn(page: Page, word = password) {
  await email(page).fill(ada.email)
  await secret(page).fill(word)
}

test.beforeEach(async ({ curfew }) => {
  await curfew.signUp()
})

test('an owner lands on the security page, a member on their account', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  const owner = await curfew.device(ada)
  await curfew.join(owner, alan)
  await signIn(page, ada)
  await expect(page).toHaveURL(`${curfew.url}/account/security`)
  const other = await otherBrowser.newPage()
  await signIn(other, alan, `${curfew.url}/login`)
  await expect(other).toHaveURL(`${curfew.url}/account`)
  // Whoever is signed in needs no form.
  await page.goto('/login')
  await page.waitForURL('**/account/security')
})

test('a wrong password and an unknown address get the same words, and the focus goes back', async ({
  page,
}) => {
  const words = 'The email or the password is not right. Check both, then try again.'
  await page.goto('/login')
  await typeIn(page, 'not the right password')
  await page.keyboard.press('Enter')
  await expect(secret(page)).toHaveAccessibleDescription(words)
  await expect(secret(page)).toBeFocused()
  await expect(secret(page)).toHaveAttribute('aria-invalid', 'true')
  await expect(email(page)).toHaveValue(ada.email)
  await email(page).fill('nobody@acme.example')
  await secret(page).fill('not the right password either')
  await expect(page.getByText(words)).toHaveCount(0)
  await page.keyboard.press('Enter')
  await expect(secret(page)).toHaveAccessibleDescription(words)
  await expect(secret(page)).toBeFocused()
  await typeIn(page)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/security')
})

test('an empty form asks nothing of the server and focuses what is missing', async ({ page }) => {
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/auth/login')) sent.push(request.url())
  })
  await page.goto('/login')
  await button(page).click()
  await expect(email(page)).toBeFocused()
  await expect(email(page)).toHaveAccessibleDescription('Enter your email address.')
  await expect(secret(page)).toHaveAccessibleDescription('Enter your password.')
  expect(sent).toEqual([])
})

test('after too many attempts it says how long to wait, and when the wait is over', async ({
  page,
  curfew,
}) => {
  await page.clock.install()
  await page.goto('/login')
  await typeIn(page, 'not the right password')
  const note = page.getByRole('alert').filter({ hasText: 'Too many attempts' })
  await expect(async () => {
    await button(page).click()
    await expect(note).toBeVisible({ timeout: 500 })
  }).toPass({ intervals: [0] })
  await expect(note).toContainText(/Try again in \d+ (seconds|minutes?)\./)
  await expect(secret(page)).toHaveValue('not the right password')
  await curfew.pass(3600, page)
  await expect(page.getByText('You can try again now')).toBeVisible()
  await secret(page).fill(password)
  await button(page).click()
  await page.waitForURL('**/account/security')
})

test('a server that is gone is said in words, and what was typed stays', async ({ page, curfew }) => {
  await page.goto('/login')
  await typeIn(page)
  await curfew.crash()
  await button(page).click()
  const alert = page.getByRole('alert').filter({ hasText: 'The server could not be reached' })
  await expect(alert).toContainText('Nothing you typed is lost.')
  await expect(email(page)).toHaveValue(ada.email)
  await expect(secret(page)).toHaveValue(password)
  await expect(button(page)).toBeEnabled()
})

test("a proxy's error page is not shown, and not taken for Curfew's answer", async ({ page }) => {
  await page.goto('/login')
  await typeIn(page)
  for (const status of [200, 404, 502]) {
    await page.route('**/api/v1/auth/login', (route) =>
      route.fulfill({ status, contentType: 'text/html', body: '<h1>Squid says no</h1>' }),
    )
    await button(page).click()
    await expect(
      page.getByRole('alert').filter({ hasText: 'The answer did not come from Curfew' }),
    ).toBeVisible()
    await expect(page.getByText('Squid')).toHaveCount(0)
    await expect(secret(page)).toHaveValue(password)
    await page.unroute('**/api/v1/auth/login')
  }
  await button(page).click()
  await page.waitForURL('**/account/security')
  await expect(page.getByRole('button', { name: 'You: Ada Lovelace' })).toBeVisible()
})

test('while a slow server thinks, the button says so and a second press sends nothing', async ({ page }) => {
  await page.goto('/login')
  let sent = 0
  let answer = () => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  await page.route('**/api/v1/auth/login', async (route) => {
    sent++
    await held
    await route.continue()
  })
  await typeIn(page)
  await button(page).click()
  await expect(page.getByRole('button', { name: 'Signing in…' })).toBeVisible()
  await secret(page).press('Enter')
  await expect(email(page)).toHaveValue(ada.email)
  answer()
  await page.waitForURL('**/account/security')
  expect(sent).toBe(1)
})

test('a server too slow to answer at all is given up after ten seconds, in words', async ({ page }) => {
  await page.clock.install()
  await page.goto('/login')
  const asked = page.waitForRequest('**/api/v1/auth/login')
  await page.route('**/api/v1/auth/login', () => undefined)
  await typeIn(page)
  await button(page).click()
  await asked
  await page.clock.fastForward(10_500)
  await expect(
    page.getByRole('alert').filter({ hasText: 'The server took too long to answer' }),
  ).toBeVisible()
  await expect(secret(page)).toHaveValue(password)
})

test('the password can be looked at while it is typed', async ({ page }) => {
  await page.goto('/login')
  await secret(page).fill(password)
  await expect(secret(page)).toHaveAttribute('type', 'password')
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(secret(page)).toHaveAttribute('type', 'text')
})

test('a line under the form says how long one stays signed in without activity', async ({ page, curfew }) => {
  await page.goto('/login')
  await expect(page.getByText('You stay signed in for up to 7 days without activity')).toBeVisible()
  await expect(page.getByText('An owner of your account can make you a link')).toBeVisible()
  // Own limits of the account are its people's business, not a stranger's.
  await limit(await curfew.device(ada), 15, 60)
  await page.reload()
  await expect(page.getByText('up to 7 days without activity')).toBeVisible()
})
