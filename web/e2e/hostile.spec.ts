import type { Locator, Page } from '@playwright/test'
import { type Api, type Curfew, enter, expect, type Person, password, test } from './harness'
import { policyCard, sessionsCard } from './owner'

const markup = `<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>"'&lt;{{7*7}}`
// Ends what keeps it apart, if it can, and then turns all that follows.
const turned = 'safe\u202A\u2066 \u2069\u2069\u202Egpj.exe!'
const turnedAsShown = 'safe gpj.exe!'
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

async function holds(page: Page, what: string) {
  expect.soft(await turning(page), `${what}: what turns the text after it`).toEqual([])
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    expect
      .soft(await page.evaluate(() => document.documentElement.scrollWidth), `${what} at ${width}`)
      .toBeLessThanOrEqual(width)
    expect.soft(await cut(page), `${what} at ${width}: words outside the page`).toEqual([])
  }
}

/** Text and titles with characters that turn what follows, or end what is kept apart without having begun it. */
function turning(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const look = (text: string | null) => {
      const rest = text?.replace(/\u2068[^\u2068\u2069]*\u2069/g, '')
      if (text && /[\u2028-\u202e\u2066-\u2069]/.test(rest ?? '')) found.push(text)
    }
    look(document.title)
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      if (node instanceof Element) for (const name of ['title', 'aria-label']) look(node.getAttribute(name))
      else look(node.nodeValue)
    }
    return found
  })
}

/** Sees some words drawn letter by letter from left to right. */
async function readsOn(where: Locator, words: string) {
  await expect(where).toContainText(words)
  const places = await where.evaluate((node, words) => {
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT)
    let text = texts.nextNode()
    while (text && !text.nodeValue?.includes(words)) text = texts.nextNode()
    const from = text?.nodeValue?.indexOf(words) ?? 0
    return [...words].map((_, i) => {
      const letter = document.createRange()
      letter.setStart(text as Text, from + i)
      letter.setEnd(text as Text, from + i + 1)
      return letter.getClientRects()[0]?.left ?? 0
    })
  }, words)
  expect.soft(places, words).toEqual(places.toSorted((a, b) => a - b))
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
    ['/account/people', () => expect(main.getByRole('row').filter({ hasText: turnedAsShown })).toBeVisible()],
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
    await holds(page, path)
  }
  await expect(policyCard(page).getByText(/Last changed by/)).toContainText(owner.name)
  for (const unfold of await sessionsCard(page)
    .getByRole('button', { name: /sessions? of/ })
    .all()) {
    await unfold.click()
  }
  await expect(sessionsCard(page).getByText('Ends').first()).toBeVisible()
  await holds(page, 'sessions unfolded')
  await page.getByRole('button', { name: 'Table' }).click()
  await policyCard(page).getByRole('radio', { name: 'Strict' }).check()
  await policyCard(page).getByRole('checkbox').check()
  await expect(policyCard(page).getByRole('region', { name: 'Who is affected' })).toContainText(turnedAsShown)
  await holds(page, 'who is affected')
  await sessionsCard(page).getByRole('button', { name: 'Sign me out and everyone else' }).click()
  await holds(page, 'the dialog')
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
  for (const name of [turnedAsShown, long]) {
    for (const item of [/^Make (owner|member)$/, 'Disable', 'Make a reset link'] as const) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.getByRole('button', { name: `Actions for ${name}` }).click()
      await page.getByRole('button', { name: item, exact: typeof item === 'string' }).click()
      const dialog = page.locator('dialog[open]')
      await expect(dialog).toContainText(name)
      await holds(page, `${item} ${name.slice(0, 10)}`)
      const box = await dialog.evaluate((node) => node.scrollWidth - node.clientWidth)
      expect.soft(box, 'the dialog scrolls sideways').toBeLessThanOrEqual(0)
      await page.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
    }
  }
  await page.setViewportSize({ width: 320, height: 640 })
  await page.getByRole('button', { name: /^You: / }).click()
  await holds(page, 'your menu')
  await page.keyboard.press('Escape')
  await page.goto('/account/audit')
  const lines = page.locator('.audit-line')
  await expect(lines.first()).toBeVisible()
  for (let at = 0; at < (await lines.count()); at++) await lines.nth(at).click()
  for (const json of await page.getByText('The event as JSON').all()) await json.click()
  await holds(page, 'the audit log unfolded')
  await expect(page.getByRole('main')).toContainText(agent.slice(0, 60))
  await page.goto('/account/audit?action=invite.create')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByLabel('Who did it').selectOption({ label: owner.name })
  await expect(page).toHaveURL(/actor=/)
  expect(seen).toEqual([])
})

test('a name that ends what keeps it apart and turns what follows turns nothing', async ({
  page,
  curfew,
}) => {
  await hostileAccount(curfew)
  await enter(curfew, page, owner)
  await page.goto('/account/people')
  await page.getByRole('row').filter({ hasText: 'turned@acme.example' }).getByRole('button').click()
  await page.getByRole('button', { name: 'Make owner', exact: true }).click()
  const dialog = page.getByRole('alertdialog')
  await readsOn(dialog.getByRole('heading'), ' an owner?')
  await dialog.getByRole('button', { name: 'Make owner' }).click()
  await readsOn(page.getByRole('region', { name: 'Notifications' }), ' is now an owner.')
  await page.goto('/account/audit')
  const joined = page.locator('.audit-line').filter({ hasText: /safe.*joined as/ })
  await readsOn(joined, ' joined as ')
  await joined.click()
  await page.getByText('The event as JSON').click()
  await expect(page.locator('pre')).toContainText(
    '"name": "safe\\u202a\\u2066 \\u2069\\u2069\\u202egpj.exe!",',
  )
  await page.goto('/account/security')
  await policyCard(page).getByRole('radio', { name: 'Strict' }).check()
  await expect(sessionsCard(page).locator('bdi').filter({ hasText: turnedAsShown }).first()).toBeVisible()
})
