import type { BrowserContext, Page } from '@playwright/test'
import { ada, type Curfew, expect, password, sessionOf, test } from './harness'
import { begin, follow, refreshes } from './warning'

/** Refreshes that the server has answered so far. */
const answered = (curfew: Curfew) => curfew.log.filter((line) => line.includes('/api/v1/auth/refresh')).length

/** What the server refused, but for the first page's question who is signed in. */
const refused = (curfew: Curfew) =>
  curfew.log.filter((line) => line.includes('"status":401') && !line.includes('"problem":"no-session"'))

/** More tabs of the same browser, each on the page of one's own sessions. */
async function tabs(context: BrowserContext, first: Page, count: number): Promise<Page[]> {
  const all = [first]
  while (all.length < count) {
    const tab = await context.newPage()
    await tab.goto('/account/sessions')
    await tab.getByRole('list', { name: 'Your sessions' }).waitFor()
    all.push(tab)
  }
  return all
}

/** Each tab opens a page that asks the server two things, all at once. */
async function openAccount(pages: Page[]): Promise<void> {
  await Promise.all(pages.map((page) => follow(page, 'Account')))
  for (const page of pages) {
    await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
    await expect(page.getByRole('main').getByText(ada.email)).toBeVisible()
    await expect(page.getByRole('main').getByText('Acme', { exact: true })).toBeVisible()
  }
}

test('five tabs with two expired calls each make one refresh', async ({ page, curfew, context }) => {
  await begin(page, curfew, 600, 1200)
  const all = await tabs(context, page, 5)
  await curfew.pass(6 * 60, page)
  const sent = refreshes(page)
  const before = answered(curfew)
  await openAccount(all)
  expect(sent.length).toBe(1)
  expect(answered(curfew) - before).toBe(1)
  expect(sent[0]).toMatchObject({
    attempt: expect.stringMatching(/^[\w-]{16,64}$/),
    generation: expect.any(Number),
  })
  expect(refused(curfew)).toEqual([])
})

test('without locks in the browser, several tabs never sign anybody out', async ({
  page,
  curfew,
  context,
}) => {
  await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'))
  await begin(page, curfew, 600, 1200)
  expect(await page.evaluate(() => 'locks' in navigator)).toBe(false)
  const { id } = await sessionOf(page)
  const all = await tabs(context, page, 4)
  for (let round = 0; round < 3; round++) {
    await curfew.pass(6 * 60, page)
    await openAccount(all)
    await Promise.all(all.map((tab) => follow(tab, 'Your sessions')))
    for (const tab of all) await tab.getByRole('list', { name: 'Your sessions' }).waitFor()
  }
  expect((await sessionOf(page)).id).toBe(id)
  expect(refused(curfew)).toEqual([])
})

test('an answer lost on the way is asked for again, as the same attempt, and nobody is signed out', async ({
  page,
  curfew,
  context,
}) => {
  await begin(page, curfew, 600, 1200)
  const { id } = await sessionOf(page)
  const sent: { attempt: string; generation: number }[] = []
  let lost = 0
  await context.route('**/api/v1/auth/refresh', async (route) => {
    sent.push(route.request().postDataJSON())
    if (lost++ > 0) return route.continue()
    // The server rotates; the browser hears nothing of it, and keeps its cookie.
    const cookies = await context.cookies()
    const answer = await fetch(route.request().url(), {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      },
      body: route.request().postData(),
    })
    expect(answer.status).toBe(200)
    return route.abort('connectionreset')
  })
  await curfew.pass(6 * 60, page)
  await follow(page, 'Account')
  await expect.poll(() => sent.length).toBeGreaterThan(1)
  expect(sent[1]).toMatchObject({ attempt: sent[0]?.attempt, generation: sent[0]?.generation })
  await expect
    .poll(
      () =>
        curfew.log.filter((line) => line.includes('auth/refresh') && line.includes('"status":200')).length,
    )
    .toBeGreaterThan(1)
  // Well past the grace period, the rotation has been settled.
  await curfew.pass(120, page)
  await page.reload()
  await expect(page.getByRole('main').getByText(ada.email)).toBeVisible()
  await curfew.pass(6 * 60, page)
  await follow(page, 'Your sessions')
  await page.getByRole('list', { name: 'Your sessions' }).waitFor()
  expect((await sessionOf(page)).id).toBe(id)
  expect(refused(curfew)).toEqual([])
})

test('where the browser refuses storage, several tabs stay signed in all the same', async ({
  page,
  curfew,
  context,
}) => {
  await context.addInitScript(() => {
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('Access is denied for this document.', 'SecurityError')
        },
      })
    }
  })
  await begin(page, curfew, 600, 1200)
  const { id } = await sessionOf(page)
  const all = await tabs(context, page, 3)
  const sent = refreshes(page)
  for (let round = 0; round < 2; round++) {
    await curfew.pass(6 * 60, page)
    await openAccount(all)
    await Promise.all(all.map((tab) => follow(tab, 'Your sessions')))
    for (const tab of all) await tab.getByRole('list', { name: 'Your sessions' }).waitFor()
  }
  expect(sent.length).toBeGreaterThan(0)
  for (const body of sent) {
    expect(body).not.toHaveProperty('attempt')
    expect(body).not.toHaveProperty('generation')
  }
  expect((await sessionOf(page)).id).toBe(id)
  expect(refused(curfew)).toEqual([])
})

test('signing in once in one tab brings back the others, each to its page', async ({
  page,
  curfew,
  context,
}) => {
  await begin(page, curfew, 15, 600)
  const other = await context.newPage()
  await other.goto('/account/people')
  await other.getByRole('heading', { level: 1, name: 'People' }).waitFor()
  await curfew.pass(16 * 60, page)
  await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Fsessions')
  await other.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Fpeople')
  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account/sessions')
  await other.waitForURL('**/account/people')
  await expect(other.getByRole('heading', { level: 1, name: 'People' })).toBeVisible()
  await expect(other.getByText('after a time without activity')).toHaveCount(0)
})
