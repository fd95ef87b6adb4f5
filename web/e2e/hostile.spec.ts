import type { Page } from '@playwright/test'
import { type Api, type Curfew, enter, expect, type Person, password, test } from './harness'
import { policyCard, sessionsCard } from './owner'

const markup = `<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>"'&lt;{{7*7}}`
const turned = 'safe\u202Egpj.exe\u2066 \u202A!'
const long = 'W'.repeat(200)
const owner: Person = { name: `${markup}`, email: 'ada@acme.example' }
const agent = `Mozilla/5.0 <script>alert(3)</script> "><svg onload=alert(4)> ${'x'.repeat(300)}`

/** Whatever must not happen on any page. */
function watch(page: Page, curfew: Curfew): string[] {
  const seen: string[] = []
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(curfew.url) && !/^(data|blob|about):/.test(request.url()))
      seen.push(request.url())
  })
  page.on('popup', (popup) => seen.push(`popup: ${popup.url()}`))
  return seen
}

/** The account with every name that somebody with bad intentions could give. */
async function hostileAccount(curfew: Curfew): Promise<Api> {
  const api = await curfew.api()
  await api.post('/auth/signup', { account_name: `Acme ${markup}`, ...owner, password })
  await curfew.join(api, { name: turned, email: 'turned@acme.example' })
  await curfew.join(
    api,
    { name: long, email: `${'l'.repeat(60)}@${'d'.repeat(60)}.${'d'.repeat(60)}.example` },
    'owner',
  )
  await curfew.device(owner, agent)
  await curfew.device({ name: '', email: 'turned@acme.example' }, agent)
  await api.patch('/accounts/me/security', {
    idle_minutes: 60,
    reason: `${markup}${turned}${'R'.repeat(200)}`,
  })
  await api.post('/accounts/me/invites', {
    email: `${'i'.repeat(60)}@${'e'.repeat(60)}.example`,
    role: 'member',
  })
  return api
}

async function fits(page: Page, what: string) {
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    expect
      .soft(await page.evaluate(() => document.documentElement.scrollWidth), `${what} at ${width}`)
      .toBeLessThanOrEqual(width)
    expect.soft(await cut(page), `${what} at ${width}: words outside the page`).toEqual([])
  }
}

/** Text that stands beyond the page's sides, where nobody can scroll to. */
function cut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    for (const node of document.querySelectorAll(
      'main button, main h1, main h2, main dd, main td, main li, header button',
    )) {
      const box = node.getBoundingClientRect()
      if (box.width < 2 || getComputedStyle(node).visibility === 'hidden') continue
      if (node.closest('[tabindex="0"]')) continue
      if (box.left < -1 || box.right > window.innerWidth + 1)
        found.push(`${node.tagName} ${node.textContent?.slice(0, 40)}`)
    }
    return found
  })
}

test('hostile names, devices and reasons are text on every page: nothing runs, leaves, turns or overflows', async ({
  page,
  curfew,
}) => {
  test.setTimeout(120_000)
  await hostileAccount(curfew)
  const seen = watch(page, curfew)
  await enter(curfew, page, owner)
  const main = page.getByRole('main')
  const pages: [string, () => Promise<unknown>][] = [
    ['/account', () => expect(main.getByText(owner.name, { exact: true })).toBeVisible()],
    ['/account/sessions', () => expect(main.getByText('This session', { exact: true })).toBeVisible()],
    ['/account/people', () => expect(main.getByRole('row').filter({ hasText: turned })).toBeVisible()],
    [
      '/account/audit',
      () => expect(main.getByRole('listitem').filter({ hasText: long }).first()).toBeVisible(),
    ],
    ['/account/security', () => expect(sessionsCard(page).getByText(long)).toBeVisible()],
  ]
  for (const [path, ready] of pages) {
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.goto(path)
    await ready()
    await fits(page, path)
  }
  await expect(policyCard(page).getByText(/Last changed by/)).toContainText(owner.name)
  for (const unfold of await sessionsCard(page)
    .getByRole('button', { name: /sessions? of/ })
    .all()) {
    await unfold.click()
  }
  await expect(sessionsCard(page).getByText('Ends').first()).toBeVisible()
  await fits(page, 'sessions unfolded')
  await page.getByRole('button', { name: 'Table' }).click()
  await policyCard(page).getByRole('radio', { name: 'Strict' }).check()
  await policyCard(page).getByRole('checkbox').check()
  await expect(policyCard(page).getByRole('region', { name: 'Who is affected' })).toContainText(turned)
  await fits(page, 'who is affected')
  await sessionsCard(page).getByRole('button', { name: 'Sign me out and everyone else' }).click()
  await fits(page, 'the dialog')
  expect(seen).toEqual([])
  expect(
    await page.evaluate(() => document.querySelectorAll('main img, main script, main iframe').length),
  ).toBe(0)
})

test('hostile names stay in their place in dialogs, menus and the audit log’s details', async ({
  page,
  curfew,
}) => {
  test.setTimeout(120_000)
  await hostileAccount(curfew)
  const seen = watch(page, curfew)
  await enter(curfew, page, owner)
  await page.goto('/account/people')
  for (const name of [turned, long]) {
    for (const item of [/^Make (owner|member)$/, 'Disable', 'Make a reset link'] as const) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.getByRole('button', { name: `Actions for ${name}` }).click()
      await page.getByRole('button', { name: item, exact: typeof item === 'string' }).click()
      const dialog = page.locator('dialog[open]')
      await expect(dialog).toContainText(name)
      await fits(page, `${item} ${name.slice(0, 10)}`)
      const box = await dialog.evaluate((node) => node.scrollWidth - node.clientWidth)
      expect.soft(box, 'the dialog scrolls sideways').toBeLessThanOrEqual(0)
      await page.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
    }
  }
  await page.setViewportSize({ width: 320, height: 640 })
  await page.getByRole('button', { name: /^You: / }).click()
  await fits(page, 'your menu')
  await page.keyboard.press('Escape')
  await page.goto('/account/audit')
  const lines = page.locator('.audit-line')
  await expect(lines.first()).toBeVisible()
  for (let at = 0; at < (await lines.count()); at++) await lines.nth(at).click()
  for (const json of await page.getByText('The event as JSON').all()) await json.click()
  await fits(page, 'the audit log unfolded')
  await expect(page.getByRole('main')).toContainText(agent.slice(0, 60))
  await page.goto('/account/audit?action=invite.create')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByLabel('Who did it').selectOption({ label: owner.name })
  await expect(page).toHaveURL(/actor=/)
  expect(seen).toEqual([])
})

test('an override of writing direction in a name turns nothing but the name', async ({ page, curfew }) => {
  await hostileAccount(curfew)
  await enter(curfew, page, owner)
  await page.goto('/account/people')
  const row = page.getByRole('row').filter({ hasText: turned })
  await expect(row).toBeVisible()
  // Were the direction to leak, the address after the name would be drawn from right to left.
  const email = row.getByText('turned@acme.example')
  const [first, last] = await email.evaluate((node) => {
    const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode() as Text
    const at = (from: number) => {
      const range = document.createRange()
      range.setStart(text, from)
      range.setEnd(text, from + 1)
      return range.getBoundingClientRect().left
    }
    return [at(0), at(text.length - 1)]
  })
  expect(first).toBeLessThan(last ?? 0)
  await page.goto('/account/security')
  await policyCard(page).getByRole('radio', { name: 'Strict' }).check()
  await expect(sessionsCard(page).locator('bdi').filter({ hasText: turned }).first()).toBeVisible()
})
