import type { Page } from '@playwright/test'
import { clockTime, expect, sessionOf, test } from './harness'
import { begin, follow, hide, refreshes, warning } from './warning'

const hour = 3600

/** The device wakes: its wall clock has moved on, and no timer has fired meanwhile. */
async function wake(page: Page, at: number): Promise<void> {
  await hide(page, true)
  await page.clock.setSystemTime(at)
  await hide(page, false)
}

test('a laptop that slept past the end shows it within a second of waking', async ({ page, curfew }) => {
  await begin(page, curfew, 15, 600)
  await curfew.pass(hour)
  // From here on the page's time stands still; it gets one second to wake up.
  await page.clock.pauseAt(Date.now() + hour * 1000)
  for (let ms = 0; ms < 1000 && !page.url().includes('/login'); ms += 100) {
    await page.clock.runFor(100)
    await page.waitForLoadState()
  }
  await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Fsessions')
  await expect(page.getByRole('button', { name: 'You: Ada Lovelace' })).toHaveCount(0)
})

test('a laptop whose timers slept, too, shows the end when somebody looks', async ({ page, curfew }) => {
  await begin(page, curfew, 15, 600)
  await curfew.pass(hour)
  await wake(page, Date.now() + hour * 1000)
  await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Fsessions')
})

test('a laptop that slept an hour within its limits is neither warned nor signed out', async ({
  page,
  curfew,
}) => {
  await begin(page, curfew, 600, 1200)
  const { id } = await sessionOf(page)
  await curfew.pass(hour)
  const asked = page.waitForResponse('**/api/v1/auth/session')
  await wake(page, Date.now() + hour * 1000)
  expect((await asked).status()).toBe(200)
  await follow(page, 'Account')
  await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
  await expect(warning(page)).toHaveText('')
  expect((await sessionOf(page)).id).toBe(id)
})

test('waking within the last minutes warns with the time that is left', async ({ page, curfew }) => {
  await begin(page, curfew, 60, 600)
  await curfew.pass(57 * 60)
  await wake(page, Date.now() + 57 * 60_000)
  await expect(warning(page).getByRole('button', { name: 'Stay signed in' })).toBeVisible()
  await warning(page).getByRole('button', { name: 'Stay signed in' }).click()
  await expect(warning(page).getByRole('status')).toHaveText("You're still signed in.")
})

test('a tab that heard nothing of the others does not sign out whom the server accepts', async ({
  page,
  curfew,
  context,
}) => {
  await begin(page, curfew, 15, 600)
  const deaf = await context.newPage()
  await deaf.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'))
  await deaf.goto('/account')
  await deaf.getByRole('heading', { level: 1, name: 'Account settings' }).waitFor()
  const { id } = await sessionOf(page)
  for (let passed = 0; passed < 24; passed += 8) {
    await curfew.pass(8 * 60, page)
    const moved = refreshes(page)
    // A tab behind another draws nothing, and hears of no pointer.
    await page.bringToFront()
    await page.mouse.move(200 + passed, 300)
    await expect.poll(() => moved.length).toBeGreaterThan(0)
  }
  // By what the deaf tab knew at first, the session has been over for minutes.
  await expect(deaf.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
  await expect(warning(deaf)).toHaveText('')
  await follow(deaf, 'Your sessions')
  await deaf.getByRole('list', { name: 'Your sessions' }).waitFor()
  expect((await sessionOf(deaf)).id).toBe(id)
})

for (const [words, skew] of [
  ['an hour fast', hour],
  ['an hour slow', -hour],
] as const) {
  test(`on a device whose clock is ${words}, warning and end come in time`, async ({ page, curfew }) => {
    await begin(page, curfew, 15, 600, skew)
    const { idle_expires_at: end } = await sessionOf(page)
    await curfew.pass(9 * 60, page)
    await expect(warning(page)).toHaveText('')
    await curfew.pass(75, page)
    // The time is the one that the person's own clock will show.
    const shown = clockTime(new Date(Date.parse(end) + skew * 1000).toISOString(), "You'll be signed out at ")
    await expect(warning(page).getByRole('status')).toContainText(shown)
    await curfew.pass(5 * 60, page)
    await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Fsessions')
  })
}

test('a clock set back in the middle of a session changes nothing', async ({ page, curfew }) => {
  await begin(page, curfew, 15, 600)
  const { id } = await sessionOf(page)
  await wake(page, Date.now() - 3 * hour * 1000)
  await follow(page, 'Account')
  await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
  await expect(warning(page)).toHaveText('')
  await curfew.pass(10 * 60 + 15, page)
  await expect(warning(page).getByRole('button', { name: 'Stay signed in' })).toBeVisible()
  expect((await sessionOf(page)).id).toBe(id)
})

test('a page that comes back from the history asks first, and shows nothing of an ended session', async ({
  page,
  curfew,
}) => {
  const owner = await begin(page, curfew, 600, 1200)
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  await owner.post('/accounts/me/security/revoke-sessions', { scope: 'all' })
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  await page.waitForURL('**/login?reason=signed_out_by_owner&return_to=%2Faccount%2Fsessions')
  // And really through the history, which may or may not have kept the page.
  await page.goto('/docs')
  await page.goBack()
  await expect(page.getByLabel('Email')).toBeVisible()
  await expect(page.getByText('Ada Lovelace')).toHaveCount(0)
})

test('an answer that was on its way while the laptop slept does not hide the warning', async ({
  page,
  curfew,
}) => {
  await begin(page, curfew, 30, 600)
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let answered = () => {}
  const asleep = new Promise<void>((resolve) => {
    answered = resolve
  })
  await page.route(
    '**/api/v1/auth/session',
    async (route) => {
      const answer = await route.fetch()
      answered()
      await held
      await route.fulfill({ response: answer })
    },
    { times: 1 },
  )
  // A short sleep, after which the page asks; the long one comes before the answer.
  await curfew.pass(65, page)
  await asleep
  await curfew.pass(25 * 60)
  // Awake again, the page waits for the answer of before.
  await wake(page, Date.now() + 26 * 60_000 + 5000)
  letGo()
  await expect(warning(page).getByRole('button', { name: 'Stay signed in' })).toBeVisible()
})
