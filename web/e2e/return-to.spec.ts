import { ada, expect, signIn, test } from './harness'

const reasons: Record<string, RegExp> = {
  session_expired: /after a time without activity, or because it reached its maximum length/,
  session_limit: /you signed in on another device, and your account limits how many/,
  signed_out_by_owner: /ended by an owner or administrator/,
  signed_out_by_you: /You signed out here from another device/,
  password_changed: /Your password was changed/,
  limits_changed: /shortened its session limits/,
  security: /We ended this session because its sign-in was used twice/,
  reauth: /Sign in again to carry on/,
}

const unknown = [
  '',
  'logout',
  'user_disabled',
  'hacked',
  'constructor',
  '__proto__',
  '<b>Call 555</b>',
  'a b',
]

/** Addresses that must not decide where somebody goes. */
const hostile = [
  'https://evil.example/',
  'https://evil.example/some/page',
  '//evil.example/x',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' /account',
  'javascript:alert(1)',
  'data:text/html,hi',
  'account',
  '/login',
  '/login/?reason=security',
  '/setup',
]

/** Paths of this origin. */
const safe = ['/account', '/account/sessions', '/account/audit?action=auth.login', '/account/people']

test.beforeEach(async ({ curfew }) => {
  await curfew.signUp()
})

test('each known reason has its words above the form', async ({ page }) => {
  for (const [reason, words] of Object.entries(reasons)) {
    await page.goto(`/login?reason=${reason}`)
    const banner = page.getByRole('status').filter({ hasText: words })
    await expect(banner).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(1)
    const top = (await banner.boundingBox())?.y ?? 0
    expect(top).toBeLessThan((await page.getByLabel('Email').boundingBox())?.y ?? 0)
  }
})

test('an unknown reason has no banner, and its text is never shown', async ({ page }) => {
  for (const reason of unknown) {
    await page.goto(`/login?reason=${encodeURIComponent(reason)}`)
    await expect(page.getByLabel('Email')).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
    if (reason.length > 3) await expect(page.locator('body')).not.toContainText(reason)
  }
  await page.goto('/login?reason=security&reason=hacked')
  await expect(page.getByLabel('Email')).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
})

test('after signing in one is where one wanted to be', async ({ page, curfew }) => {
  for (const path of safe) {
    await page.context().clearCookies()
    await signIn(page, ada, `/login?return_to=${encodeURIComponent(path)}`)
    await expect(page).toHaveURL(curfew.url + path)
  }
})

test('no address in the query leads to another site, or in a circle', async ({ page, curfew }) => {
  const elsewhere: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(curfew.url)) elsewhere.push(request.url())
  })
  await signIn(page, ada)
  // Whoever is signed in already is sent on at once, by the same rule.
  for (const path of hostile) {
    await page.goto(`/login?return_to=${encodeURIComponent(path)}`)
    await expect(page, path).toHaveURL(`${curfew.url}/account/security`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  }
  await page.context().clearCookies()
  await signIn(page, ada, `/login?return_to=${encodeURIComponent('//evil.example')}`)
  await expect(page).toHaveURL(`${curfew.url}/account/security`)
  expect(elsewhere).toEqual([])
})

test('a page asked for without a sign-in comes after it, with its query', async ({ page, curfew }) => {
  await page.goto('/account/audit?action=auth.login')
  await page.waitForURL('**/login**')
  await expect(page.getByLabel('Email')).toBeVisible()
  // Nobody was signed in here: nothing has ended.
  await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
  const { href } = new URL(page.url())
  await signIn(page, ada, href)
  await expect(page).toHaveURL(`${curfew.url}/account/audit?action=auth.login`)
})
