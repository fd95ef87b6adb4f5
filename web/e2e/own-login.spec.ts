import type { Page } from '@playwright/test'
import { comeAboard, enter, type Service, startBerth, test } from './berth'
import { expect } from './harness'
import { policyCard, save, sessionsCard } from './owner'
import { warning } from './warning'

const ines = 'ines@northquay.example'
const tom = 'tom@northquay.example'
const mara = 'mara@northquay.example'

// In one worker, which builds the product once.
test.describe.configure({ mode: 'default' })

/** Sets the harbour's limits, in minutes, before anybody has signed in. */
async function limit(service: Service, idle: number, absolute: number): Promise<void> {
  await service('PUT', '', { name: 'North Quay' })
  await service('PATCH', '/security', { idle_minutes: idle, absolute_minutes: absolute })
}

const banner = (page: Page) => page.getByRole('status')
const alert = (page: Page) => page.getByRole('alert').filter({ hasText: /\S/ })

/** The access token with which the page asks for its bookings. */
async function tokenOf(page: Page): Promise<string> {
  const [asked] = await Promise.all([page.waitForRequest('**/api/bookings'), page.reload()])
  return (await asked.headerValue('authorization')) ?? ''
}

test('the product as it was keeps its own sessions', async ({ page, folder }) => {
  const berth = await startBerth('before', folder)
  await page.goto(`${berth.url}/settings`)
  await page.waitForURL('**/sign-in?return_to=%2Fsettings')
  await enter(page, ines, 'not the right password')
  await expect(alert(page)).toHaveText('That address and that password do not belong together.')
  await enter(page, ines)
  await page.waitForURL(`${berth.url}/settings`)
  await page.getByLabel('Role of Mara Weiss').selectOption('member')
  // The list shows it when it is done: the two requests may else overtake each other.
  await expect(page.getByLabel('Role of Mara Weiss')).toHaveValue('member')
  await page.getByLabel('Role of Inês Prata').selectOption('member')
  await expect(alert(page)).toHaveText('A harbour needs an owner.')
  await expect(page.getByLabel('Role of Inês Prata')).toHaveValue('owner')
  await page.getByRole('link', { name: 'Bookings' }).click()
  await page.getByLabel('Boat').fill('Grebe')
  await page.getByRole('textbox', { name: 'Berth' }).fill('B7')
  await page.getByRole('button', { name: 'Book' }).click()
  await expect(page.getByRole('cell')).toHaveText(['Kittiwake', 'A4', 'Second Wind', 'C11', 'Grebe', 'B7'])
  await page.reload()
  await expect(page.getByRole('cell', { name: 'Grebe' })).toBeVisible()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in**')
  expect((await page.request.get(`${berth.url}/api/bookings`)).status()).toBe(401)
  await berth.stop()
})

test('people sign in as before, and no script holds their session', async ({ page, berth, context }) => {
  await page.goto('/settings')
  await page.waitForURL('**/sign-in?return_to=%2Fsettings')
  await expect(banner(page)).toHaveCount(0)
  await enter(page, ines, 'not the right password')
  await expect(alert(page)).toHaveText('That address and that password do not belong together.')
  await enter(page, ines)
  await page.waitForURL(`${berth.url}/settings`)
  await expect(page.getByLabel('Role of Mara Weiss')).toHaveValue('owner')
  const [cookie, ...more] = await context.cookies()
  expect(more).toEqual([])
  expect(cookie).toMatchObject({ name: 'curfew_refresh', httpOnly: true, sameSite: 'Strict', path: '/' })
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
  expect(stored).not.toMatch(/cfr_|eyJ/)

  const token = await tokenOf(await open(page, '/'))
  await page.getByLabel('Boat').fill('Grebe')
  await page.getByRole('textbox', { name: 'Berth' }).fill('B7')
  await page.getByRole('button', { name: 'Book' }).click()
  await expect(page.getByRole('cell', { name: 'Grebe' })).toBeVisible()
  const ask = () => page.request.get('/api/bookings', { headers: { Authorization: token } })
  expect((await ask()).status()).toBe(200)
  // The cookie alone opens nothing.
  expect((await page.request.get('/api/bookings')).status()).toBe(401)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in**')
  await expect(banner(page)).toHaveCount(0)
  await expect.poll(async () => (await ask()).status()).toBe(401)
})

async function open(page: Page, path: string): Promise<Page> {
  await page.goto(path)
  return page
}

test('what is for services at Curfew is not reached through the product', async ({ page, berth, key }) => {
  const headers = { Authorization: `Bearer ${key}` }
  for (const path of [
    'service/accounts/north-quay/sessions',
    'revocations/head',
    'auth/../service/accounts',
  ]) {
    const answer = await page.request.get(`${berth.url}/curfew/api/v1/${path}`, { headers })
    expect(answer.headers()['content-type']).toContain('text/html')
  }
})

test('whoever is idle is warned, may stay, and is told later why they are out', async ({
  page,
  berth,
  curfew,
  service,
}) => {
  await limit(service, 15, 600)
  await page.clock.install()
  await comeAboard(page, berth.url, tom)
  await page.getByLabel('Boat').click()
  await curfew.pass(10 * 60 + 15, page)
  await warning(page).getByRole('button', { name: 'Stay signed in' }).click()
  await expect(warning(page)).toHaveText("You're still signed in.")
  await expect(page).toHaveURL(`${berth.url}/`)
  await curfew.pass(15 * 60 + 5, page)
  await page.waitForURL('**/sign-in?reason=session_expired&return_to=%2F')
  await expect(banner(page)).toContainText('after a time without activity')
  await enter(page, tom)
  await page.waitForURL(`${berth.url}/`)
})

test('signing in again in a window keeps what was typed, and ends the session before', async ({
  page,
  berth,
  context,
  curfew,
  service,
}) => {
  await limit(service, 60, 60)
  await page.clock.install()
  await comeAboard(page, berth.url, tom)
  const old = await tokenOf(page)
  await page.getByLabel('Boat').fill('Half typed')
  await curfew.pass(55 * 60 + 15, page)
  const opens = context.waitForEvent('page')
  await warning(page).getByRole('button', { name: 'Sign in now' }).click()
  const popup = await opens
  await expect(banner(popup)).toContainText('Sign in again to carry on')
  const closed = popup.waitForEvent('close')
  await enter(popup, tom)
  await closed
  await expect(warning(page).getByRole('button')).toHaveCount(0)
  const sessions = await service('GET', '/sessions?status=all')
  expect(sessions.items.map((each: { reason: string | null }) => each.reason).sort()).toEqual([
    null,
    'service',
  ])
  await curfew.pass(10 * 60, page)
  await expect(page.getByLabel('Boat')).toHaveValue('Half typed')
  expect((await page.request.get('/api/bookings', { headers: { Authorization: old } })).status()).toBe(401)
})

test("an owner's policy ends the sessions that are over it", async ({
  page,
  berth,
  otherBrowser,
  curfew,
}) => {
  const his = await otherBrowser.newPage()
  await his.clock.install()
  await comeAboard(his, berth.url, tom)
  // Strict has 15 minutes; Tom went for lunch.
  await curfew.pass(45 * 60, his)
  await page.goto('/sign-in?return_to=/settings')
  await enter(page, ines)
  const policy = policyCard(page)
  await policy.getByRole('radio', { name: /^Strict/ }).check()
  await policy.getByRole('checkbox', { name: 'Apply to open sessions now' }).check()
  await save(page)
  // His page asks now and then by itself, and may have done so already.
  await curfew.pass(5 * 60, his)
  await his.waitForURL('**/sign-in?reason=limits_changed&return_to=%2F')
  await expect(banner(his)).toContainText('Your account shortened its session limits')
})

test('whom an owner signs out is refused by the product at once, and told why', async ({
  page,
  berth,
  otherBrowser,
}) => {
  const his = await otherBrowser.newPage()
  await comeAboard(his, berth.url, tom)
  const token = await tokenOf(his)
  const ask = () => his.request.get(`${berth.url}/api/bookings`, { headers: { Authorization: token } })
  await comeAboard(page, berth.url, ines)
  await page.getByRole('link', { name: 'Settings' }).click()
  const card = sessionsCard(page)
  await card.getByRole('button', { name: 'Sign out everyone except me' }).click()
  expect((await ask()).status()).toBe(200)
  const [ended] = await Promise.all([
    page.waitForResponse('**/security/revoke-sessions'),
    page
      .getByRole('alertdialog')
      .getByRole('button', { name: /^Sign out/ })
      .click(),
  ])
  expect(ended.status()).toBe(200)
  const answered = Date.now()
  await expect.poll(async () => (await ask()).status(), { intervals: [50] }).toBe(401)
  // What the verifier promises, whatever fails; it takes some hundredths of a second.
  expect(Date.now() - answered).toBeLessThan(5000)
  await his.getByLabel('Boat').fill('Grebe')
  await his.getByRole('textbox', { name: 'Berth' }).fill('B7')
  await his.getByRole('button', { name: 'Book' }).click()
  await his.waitForURL('**/sign-in?reason=signed_out_by_owner&return_to=%2F')
  await expect(banner(his)).toContainText('ended by an owner or administrator')
})

test('whoever loses a role in the product loses the sessions that had it', async ({
  page,
  berth,
  otherBrowser,
}) => {
  const hers = await otherBrowser.newPage()
  await comeAboard(hers, berth.url, mara)
  await expect(hers.getByRole('link', { name: 'Settings' })).toBeVisible()
  const token = await tokenOf(hers)
  await comeAboard(page, berth.url, ines)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByLabel('Role of Mara Weiss').selectOption('member')
  await expect
    .poll(async () => {
      const asked = await hers.request.get(`${berth.url}/api/bookings`, { headers: { Authorization: token } })
      return asked.status()
    })
    .toBe(401)
  await hers.getByRole('link', { name: 'Settings' }).click()
  await hers.waitForURL('**/sign-in?reason=signed_out_by_owner**')
  await enter(hers, mara)
  await expect(hers.getByRole('button', { name: 'Book' })).toBeVisible()
  await expect(hers.getByRole('link', { name: 'Settings' })).toHaveCount(0)
})

test('while Curfew does not answer, nobody loses a role by half', async ({ page, berth, curfew }) => {
  await comeAboard(page, berth.url, ines)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByLabel('Role of Mara Weiss').waitFor()
  await curfew.end()
  await page.getByLabel('Role of Mara Weiss').selectOption('member')
  const people = page.getByRole('region', { name: 'People' })
  await expect(people.getByRole('alert')).toHaveText('That did not work. Try again.')
  await expect(people.getByLabel('Role of Mara Weiss')).toHaveValue('owner')
  expect(berth.log.join('\n')).not.toMatch(/cfk_|cfr_|eyJ/)
})
