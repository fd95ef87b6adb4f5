import type { Page, Route } from '@playwright/test'
import { ada, expect, grace, signIn, test } from './harness'
import { ownerLooks, policyCard, save, saveButton, sessionsCard, withGrace } from './owner'

const security = '**/api/v1/accounts/me/security'

/** What each page first asks for, and where it shows a failure of it. */
const pages = [
  { path: '/account/security', asks: security, within: policyCard, shows: 'Strict' },
  { path: '/account/security', asks: security, within: sessionsCard, shows: 'ada@acme.example' },
  { path: '/account/people', asks: '**/accounts/me/users?*', within: main, shows: 'ada@acme.example' },
  { path: '/account/audit', asks: '**/audit-events?*', within: main, shows: 'created the account' },
  { path: '/account/sessions', asks: '**/users/me/sessions?*', within: main, shows: 'This session' },
  {
    path: '/account',
    asks: '**/api/v1/accounts/me',
    within: (page: Page) => region(page, 'Account'),
    shows: 'Acme',
  },
  {
    path: '/account',
    asks: '**/api/v1/users/me',
    within: (page: Page) => region(page, 'You'),
    shows: ada.email,
  },
]

// biome-ignore lint/suspicious/noExplicitAny: an answer of any version
type Answer = any

function main(page: Page) {
  return page.getByRole('main')
}
function region(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true })
}

/** Lets the answers wait until they are released. */
async function hold(page: Page, asks: string): Promise<() => void> {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(asks, async (route) => {
    await held
    await route.continue().catch(() => {})
  })
  return release
}

const trouble: Record<string, (route: Route) => Promise<void>> = {
  'a broken connection': (route) => route.abort('connectionreset'),
  'a proxy’s page': (route) =>
    route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Hello</h1>' }),
  'a bad gateway': (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>502</h1>' }),
  'JSON of something else': (route) => route.fulfill({ status: 200, json: { hello: 'world', items: 7 } }),
  'half an answer': (route) =>
    route.fulfill({ status: 200, contentType: 'application/json', body: '{"items": [' }),
}

test('every page shows while it loads that it does, and then what it loaded', async ({ page, curfew }) => {
  await ownerLooks(curfew, page, '/account')
  for (const { path, asks, within, shows } of pages) {
    const release = await hold(page, asks)
    await page.goto(path)
    await expect(
      within(page)
        .getByText(/^Loading/)
        .first(),
      path,
    ).toBeAttached()
    await expect(
      within(page)
        .locator('[aria-busy=true]')
        .or(within(page).and(page.locator('[aria-busy=true]')))
        .first(),
    ).toBeAttached()
    await expect(page.getByRole('button', { name: 'Sign out', exact: true })).toBeVisible()
    release()
    await expect(within(page).getByText(shows).first(), path).toBeVisible()
    await expect(within(page).getByText(/^Loading/)).toHaveCount(0)
    await page.unroute(asks)
  }
})

for (const [name, answer] of Object.entries(trouble)) {
  test(`after ${name} every page says so where it is, and trying again works`, async ({ page, curfew }) => {
    test.slow()
    await ownerLooks(curfew, page, '/account')
    for (const { path, asks, within, shows } of pages) {
      await page.route(asks, answer)
      await page.goto(path)
      const alert = within(page).getByRole('alert').first()
      await expect(alert, path).toBeVisible()
      await expect(page.getByText('This page stopped working')).toHaveCount(0)
      await page.unroute(asks)
      await within(page).getByRole('button', { name: 'Try again' }).first().click()
      await expect(within(page).getByText(shows).first(), path).toBeVisible()
      await expect(within(page).getByRole('alert')).toHaveCount(0)
    }
  })
}

test('both cards fail on their own, and people can be signed out while the list cannot be read', async ({
  page,
  curfew,
}) => {
  await withGrace(curfew, page, 'member', '/account')
  await page.route(security, (route) => route.abort())
  await page.goto('/account/security')
  await expect(policyCard(page).getByRole('alert')).toContainText('The policy could not be loaded.')
  await expect(policyCard(page).getByRole('radio')).toHaveCount(0)
  await expect(sessionsCard(page).getByRole('alert')).toContainText('The list could not be loaded.')
  await sessionsCard(page).getByRole('button', { name: 'Sign out everyone except me' }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toContainText('Everyone else in the account will be signed out.')
  await dialog.getByRole('button').last().click()
  await expect(region(page, 'Notifications')).toContainText('1 session signed out.')
})

test('without a network the last list stays, with its time, and is fresh again afterwards', async ({
  page,
  curfew,
}) => {
  const { owner } = await withGrace(curfew, page)
  await expect(sessionsCard(page)).toContainText('2 people are signed in')
  await expect(policyCard(page).getByRole('radio')).not.toHaveCount(0) // all of the page has arrived
  await page.context().setOffline(true)
  await expect(sessionsCard(page)).toContainText(/as of \d?\d:\d\d/)
  await expect(page.getByRole('status').filter({ hasText: 'You are offline.' })).toBeVisible()
  await expect(sessionsCard(page)).toContainText(grace.email)
  await owner.post('/accounts/me/security/revoke-sessions', { scope: 'others' })
  await page.context().setOffline(false)
  await expect(page.getByText('You are offline.')).toHaveCount(0)
  await expect(sessionsCard(page)).toContainText("You're the only person signed in")
  await expect(sessionsCard(page)).not.toContainText('as of')
})

test('while the policy is saved, the button says so and keeps the focus, and nothing can be typed', async ({
  page,
  curfew,
}) => {
  await ownerLooks(curfew, page)
  await policyCard(page).getByRole('radio', { name: 'Custom' }).check()
  await policyCard(page).getByLabel('Idle limit').fill('90')
  let patches = 0
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(security, async (route) => {
    if (route.request().method() === 'PATCH') {
      patches++
      await held
    }
    await route.continue()
  })
  await saveButton(page).focus()
  await page.keyboard.press('Enter')
  await expect(saveButton(page)).toHaveText('Saving…')
  await expect(saveButton(page)).toBeFocused()
  await expect(policyCard(page).getByLabel('Idle limit')).not.toBeEditable()
  await page.keyboard.press('Enter')
  await policyCard(page).getByRole('radio', { name: 'Strict' }).click({ force: true })
  await expect(policyCard(page).getByRole('radio', { name: 'Custom' })).toBeChecked()
  await save(page, 'Policy saved', async () => release())
  expect(patches).toBe(1)
})

test('a page of a session that has ended leads to sign-in with the reason, and back', async ({
  page,
  curfew,
}) => {
  test.slow()
  const { owner } = await withGrace(curfew, page, 'owner', '/account')
  const { id } = (await owner.get('/auth/session')).user
  for (const path of [
    '/account',
    '/account/security',
    '/account/people',
    '/account/audit?action=user.create',
    '/account/sessions',
  ]) {
    await page.goto('about:blank')
    await (await curfew.device(grace)).post(`/accounts/me/users/${id}/revoke-sessions`)
    await page.goto(curfew.url + path)
    await page.waitForURL(
      (url) => url.pathname === '/login' && url.searchParams.get('reason') === 'signed_out_by_owner',
    )
    expect(new URL(page.url()).searchParams.get('return_to')).toBe(path)
    await signIn(page, ada, page.url())
    await expect(page).toHaveURL(curfew.url + path)
  }
})

test('an owner who was made a member meanwhile is told what changed, not shown an error', async ({
  page,
  curfew,
}) => {
  const { grace: hers } = await withGrace(curfew, page, 'owner')
  const { items } = await hers.get('/accounts/me/users')
  const self = items.find((user: { email: string }) => user.email === ada.email)
  await policyCard(page).getByRole('radio', { name: 'Strict' }).click()
  await hers.patch(`/accounts/me/users/${self.id}`, { role: 'member' })
  // The first press may already tell the client, which then takes the button away.
  await saveButton(page)
    .click({ timeout: 3_000 })
    .catch(() => {})
  await page.waitForURL(/\/login\?reason=signed_out_by_owner&return_to=%2Faccount%2Fsecurity/)
  await signIn(page, ada, page.url())
  await expect(page.getByText('Only owners can open this page')).toBeVisible()
  await expect(policyCard(page)).toHaveCount(0)
})

test('an address without a page answers 404 and leads back', async ({ page, curfew }) => {
  await curfew.signUp()
  const answer = await page.goto('/account/nowhere')
  expect(answer?.status()).toBe(404)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no page here')
  await expect(page).toHaveTitle('There is no page here · Curfew')
  await page.getByRole('link', { name: 'Go to the start' }).click()
  await page.waitForURL('**/login')
})

test('a part of the page that cannot be loaded leaves a way on', async ({ page, curfew }) => {
  await ownerLooks(curfew, page, '/account')
  await page.route(/\/assets\/audit-.*\.js/, (route) => route.abort())
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Audit log' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This page stopped working')
  await expect(page.getByRole('alert')).toContainText('A part of the page could not be loaded.')
  await page.unroute(/\/assets\/audit-.*\.js/)
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit log')
})

test('words of a later server are shown as they are', async ({ page, curfew }) => {
  await ownerLooks(curfew, page, '/account')
  const change = (asks: string, edit: (body: Answer) => object) =>
    page.route(asks, async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: edit(await response.json()) })
    })
  await change(security, (body) => ({
    ...body,
    preset: 'paranoid',
    presets: [...body.presets, { name: 'paranoid', idle_minutes: 20, absolute_minutes: 90 }],
    moon: { phase: 1 },
  }))
  await change('**/audit-events?*', (body) => ({
    ...body,
    items: body.items.map((event: object) => ({
      ...event,
      action: 'moon.landed',
      details: { old: [1], new: null },
    })),
  }))
  await page.goto('/account/security')
  await expect(policyCard(page).getByRole('radio', { name: 'paranoid' })).toBeChecked()
  await expect(policyCard(page).getByLabel('Idle limit')).toHaveValue('20')
  await page.goto('/account/audit')
  await page.getByRole('main').getByRole('listitem').first().getByRole('button').click()
  await expect(region(page, 'Details')).toContainText('moon.landed')
})
