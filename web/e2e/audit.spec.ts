import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { type Api, ada, alan, expect, grace, test } from './harness'
import { ownerLooks, withGrace } from './owner'

const events = (page: Page) => page.getByRole('main').getByRole('listitem')
const what = (page: Page) => page.getByLabel('What happened')

/** Makes so many events, quickly: one for each new name. */
async function rename(api: Api, times: number) {
  for (let n = 1; n <= times; n++) await api.patch('/users/me', { name: `Ada ${n}` })
}

async function download(page: Page, item: string): Promise<{ name: string; text: string }> {
  await page.getByRole('button', { name: 'Export' }).click()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: item }).click(),
  ])
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
}

test('filters stand in the address: a reload keeps them and Back takes one away', async ({
  page,
  curfew,
}) => {
  const { owner } = await withGrace(curfew, page, 'member', '/account/audit')
  await owner.patch('/accounts/me/security', { idle_minutes: 15, reason: 'Audit next week' })
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect(events(page).first()).toContainText(
    /Ada Lovelace changed the session policy to 15 minutes idle/,
  )
  const all = await events(page).count()
  await page.getByLabel('Who did it').selectOption(grace.name)
  await expect(page).toHaveURL(/\?actor=[0-9a-f-]{36}$/)
  await what(page).selectOption('Signed in')
  await expect(page).toHaveURL(/action=session\.start/)
  await expect(page.getByText('No events match these filters.').or(events(page).first())).toBeVisible()
  await page.reload()
  await expect(what(page)).toHaveValue('session.start')
  await expect(page.getByLabel('Who did it').locator('option:checked')).toHaveText(grace.name)
  await page.goBack()
  await expect(what(page)).toHaveValue('')
  for (const text of await events(page).allTextContents()) expect(text).toContain(grace.name)
  await page.getByRole('search').getByRole('button', { name: 'Clear filters' }).click()
  await expect(page).toHaveURL(/\/account\/audit$/)
  await expect(what(page)).toBeFocused()
  await expect(events(page)).toHaveCount(all)
})

test('an event unfolds to what changed, why, who and its JSON', async ({ page, curfew }) => {
  const owner = await ownerLooks(curfew, page, '/account')
  await owner.patch('/accounts/me/security', { idle_minutes: 15, reason: 'Audit next week' })
  await page.goto('/account/audit?action=account.session_policy_update')
  await expect(events(page)).toHaveCount(1)
  const line = events(page).getByRole('button')
  await line.click()
  await expect(line).toHaveAttribute('aria-expanded', 'true')
  const details = page.getByRole('region', { name: 'Details' })
  await expect(details.getByRole('row').nth(1)).toHaveText('Idle limit7 days (default)15 minutes')
  await expect(details).toContainText('ReasonAudit next week')
  await details.getByText('The event as JSON').click()
  const json = JSON.parse((await details.locator('pre').textContent()) ?? '')
  expect(json).toMatchObject({ action: 'account.session_policy_update', actor: { email: ada.email } })
  await details.getByRole('link', { name: 'All they did' }).click()
  await expect(page).toHaveURL(new RegExp(`actor=${json.actor.id}`))
})

test('older events come on demand, and a keyboard goes on at the first of them', async ({ page, curfew }) => {
  const owner = await ownerLooks(curfew, page, '/account')
  await rename(owner, 120)
  await page.goto('/account/audit?action=user.update')
  await expect(events(page)).toHaveCount(100)
  await expect(page.getByRole('status').filter({ hasText: 'so far' })).toHaveText('100 events so far')
  const older = page.getByRole('button', { name: 'Load older' })
  // A failure leaves what is there.
  await page.route('**/audit-events?*', (route) => route.fulfill({ status: 502, body: 'Bad gateway' }))
  await older.press('Enter')
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible()
  await expect(events(page)).toHaveCount(100)
  await page.unroute('**/audit-events?*')
  await page.getByRole('button', { name: 'Try again' }).press('Enter')
  await expect(events(page)).toHaveCount(120)
  await expect(page.getByRole('status').filter({ hasText: 'events' })).toHaveText('All 120 events')
  await expect(events(page).nth(100).getByRole('button')).toBeFocused()
  const texts = await events(page).allTextContents()
  expect(new Set(texts.map((text) => /to Ada (\d+)/.exec(text)?.[1])).size).toBe(120)
})

test('an export is downloaded as CSV or JSON Lines, under the filter on show', async ({ page, curfew }) => {
  const { owner } = await withGrace(curfew, page, 'member', '/account')
  await rename(owner, 30)
  await page.goto('/account/audit?action=user.update')
  await expect(events(page)).toHaveCount(30)
  const csv = await download(page, 'CSV, for spreadsheets')
  expect(csv.name).toMatch(/^audit-\d{4}-\d\d-\d\d\.csv$/)
  await expect(page.getByRole('status').filter({ hasText: 'Saved' })).toContainText(csv.name)
  const [head, ...lines] = csv.text.trim().split(/\r?\n/)
  expect(head).toContain('action')
  expect(lines).toHaveLength(30)
  for (const line of lines) expect(line).toContain('user.update')
  await what(page).selectOption('Invitation made')
  await expect(events(page)).toHaveCount(1)
  const json = await download(page, 'JSON Lines, for programs')
  expect(json.name).toMatch(/\.jsonl$/)
  const [event, ...rest] = json.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rest).toHaveLength(0)
  expect(event).toMatchObject({ action: 'invite.create', details: { email: grace.email } })
})

test('an export that breaks off saves nothing, says so, and can be tried again', async ({ page, curfew }) => {
  await ownerLooks(curfew, page, '/account/audit')
  const downloads: string[] = []
  page.on('download', (file) => downloads.push(file.suggestedFilename()))
  await page.route('**/audit-events/export?*', (route) => route.abort('connectionreset'))
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('button', { name: 'CSV, for spreadsheets' }).click()
  await expect(page.getByRole('main').getByRole('alert')).toContainText(
    /The export broke off.*Nothing was saved/,
  )
  expect(downloads).toEqual([])
  await page.unroute('**/audit-events/export?*')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Try again' }).click(),
  ])
  expect(file.suggestedFilename()).toMatch(/\.csv$/)
})

test('days that cannot be meant are said to be so, and nothing is asked for them', async ({
  page,
  curfew,
}) => {
  const { owner } = await withGrace(curfew, page, 'member', '/account/audit')
  await expect(events(page).first()).toBeVisible()
  await page.getByLabel('From').fill('2026-02-02')
  await page.getByLabel('To', { exact: true }).fill('2026-02-01')
  await expect(page.getByText('This day comes before the first one.')).toBeVisible()
  await expect(page.getByText('No events match these filters.')).toBeVisible()
  await page.getByRole('main').getByRole('button', { name: 'Clear filters' }).last().click()
  await expect(events(page).first()).toBeVisible()
  // Today, as the reader counts days.
  const { items } = await owner.get('/accounts/me/audit-events?limit=200')
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(
    new Date(items[0].occurred_at),
  )
  await page.goto(`/account/audit?from=${today}&to=${today}`)
  await expect(events(page)).toHaveCount(items.length)
})

for (const [name, query] of [
  [
    'markup',
    'action=%3Cscript%3Ealert(1)%3C%2Fscript%3E&actor=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E',
  ],
  ['SQL', "actor='%20OR%201%3D1%20--&from='%3B%20DROP%20TABLE%20audit_events"],
  ['names of the language', 'action=__proto__&actor=constructor&from=toString'],
  ['days that are none', 'from=2026-02-30&to=9999-99-99'],
  ['lists and objects', 'action=%5B%22user.update%22%2C%7B%22a%22%3A1%7D%5D&actor=%7B%22x%22%3A%5B%5D%7D'],
  ['very long values', `action=${'a'.repeat(5000)}&actor=${'%F0%9F%98%80'.repeat(500)}`],
  ['broken escapes', 'action=%E0%A4%A&actor=%00%E2%80%AE'],
] as const) {
  test(`an address with ${name} for filters shows the log and says what it left out`, async ({
    page,
    curfew,
  }) => {
    await page.setViewportSize({ width: 320, height: 640 })
    const owner = await ownerLooks(curfew, page, '/account')
    await curfew.join(owner, alan)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('dialog', () => asked.push('dialog'))
    await page.goto(`/account/audit?${query}`)
    await expect(events(page).filter({ hasText: 'created the account' })).toHaveCount(1)
    await expect(page.getByText('This page stopped working')).toHaveCount(0)
    const list = asked.filter((url) => url.includes('/audit-events'))
    expect(list).toHaveLength(1)
    expect(new URL(String(list[0])).search).toBe('?limit=100')
    expect(asked.filter((url) => !url.startsWith(curfew.url))).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
    const drop = page.getByRole('button', { name: 'Remove from the address' })
    if (await drop.isVisible()) {
      await drop.click()
      await expect(page).toHaveURL(/\/account\/audit$/)
    }
  })
}
