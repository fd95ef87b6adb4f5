import type { Page } from '@playwright/test'
import { clockTime, expect, sessionOf, test } from './harness'
import { begin, hide, refreshes, stopClock, warning } from './warning'

const minute = 60
/** Limits under which the idle deadline is the nearer, warned of from minute 10 on. */
const idle = [15, 600] as const
/** Limits on which nothing but signing in again helps, warned of from minute 55 on. */
const absolute = [60, 60] as const

const stay = (page: Page) => warning(page).getByRole('button', { name: 'Stay signed in' })
const dismiss = (page: Page) => warning(page).getByRole('button', { name: 'Dismiss' })

/** The colour of the warning's icon, as red, green and blue. */
async function colour(page: Page): Promise<number[]> {
  return warning(page)
    .locator('svg')
    .first()
    .evaluate((icon) => {
      const paint = document.createElement('canvas').getContext('2d')
      if (!paint) throw new Error('no canvas')
      paint.fillStyle = getComputedStyle(icon).color
      paint.fillRect(0, 0, 1, 1)
      return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3)
    })
}

test('five minutes before an idle end it warns with the time, and one press moves the deadline', async ({
  page,
  curfew,
}) => {
  await begin(page, curfew, ...idle)
  const first = await sessionOf(page)
  const sent = refreshes(page)
  const place = page.getByRole('button', { name: 'You: Ada Lovelace' })
  await place.focus()
  await curfew.pass(9 * minute, page)
  await expect(warning(page)).toHaveText('')
  await curfew.pass(75, page)
  const said = warning(page).getByRole('status')
  await expect(said).toContainText(clockTime(first.idle_expires_at, "You'll be signed out at "))
  const [red = 0, , blue = 0] = await colour(page)
  expect(red, 'amber').toBeGreaterThan(blue + 60)
  await expect(place).toBeFocused()

  sent.length = 0
  await stay(page).click()
  await expect(said).toHaveText("You're still signed in.")
  await expect(stay(page)).toHaveCount(0)
  expect(sent[0]).toMatchObject({ inactive_seconds: 0 })
  const second = await sessionOf(page)
  expect(second.id).toBe(first.id)
  expect(Date.parse(second.idle_expires_at) - Date.parse(first.idle_expires_at)).toBeGreaterThan(9 * 60_000)

  // The new deadline is warned of anew.
  await curfew.pass(10 * minute + 15, page)
  const third = await sessionOf(page)
  await expect(said).toContainText(clockTime(third.idle_expires_at, "You'll be signed out at "))
})

test('before the maximum length it offers to sign in again, in another colour', async ({ page, curfew }) => {
  await begin(page, curfew, ...absolute)
  const { absolute_expires_at } = await sessionOf(page)
  await curfew.pass(55 * minute + 15, page)
  await expect(warning(page).getByRole('status')).toContainText(
    clockTime(absolute_expires_at, "You'll be signed out at "),
  )
  await expect(warning(page).getByRole('button', { name: 'Sign in now' })).toBeVisible()
  await expect(stay(page)).toHaveCount(0)
  const [red = 0, , blue = 0] = await colour(page)
  expect(blue, 'cyan').toBeGreaterThan(red + 60)
})

test('dismissed in one tab it is dismissed in all, and a note with the time stays in the header', async ({
  page,
  curfew,
  context,
}) => {
  await begin(page, curfew, ...absolute)
  const other = await context.newPage()
  await other.goto('/account')
  await other.getByRole('heading', { level: 1, name: 'Account settings' }).waitFor()
  const { id, absolute_expires_at: end } = await sessionOf(page)
  await curfew.pass(55 * minute + 5, page)
  await expect(dismiss(other)).toBeVisible()
  await dismiss(page).click()
  for (const tab of [page, other]) {
    await expect(dismiss(tab)).toHaveCount(0)
    await expect(tab.getByRole('banner').getByText(clockTime(end, 'Sign-out at '))).toBeVisible()
  }
  // Not again for this deadline, not even after a reload.
  await other.reload()
  await expect(other.getByRole('banner').getByText(clockTime(end, 'Sign-out at '))).toBeVisible()
  await curfew.pass(2 * minute, page)
  const announced = page.getByRole('banner').getByRole('alert')
  await expect(announced).toHaveText('')
  // One announcement a minute before the end; the toast itself stays away.
  await curfew.pass(2 * minute, page)
  for (const tab of [page, other]) {
    await expect(tab.getByRole('banner').getByRole('alert')).toHaveText(
      clockTime(end, "^You'll be signed out in one minute, at ", '\\.$'),
    )
    await expect(dismiss(tab)).toHaveCount(0)
  }
  expect((await sessionOf(page)).id).toBe(id)
})

test('whoever dismisses an idle warning is there: the deadline moves, in every tab', async ({
  page,
  curfew,
}) => {
  await begin(page, curfew, ...idle)
  const first = await sessionOf(page)
  await curfew.pass(10 * minute + 15, page)
  await dismiss(page).click()
  await expect(dismiss(page)).toHaveCount(0)
  await expect
    .poll(async () => Date.parse((await sessionOf(page)).idle_expires_at))
    .toBeGreaterThan(Date.parse(first.idle_expires_at) + 9 * 60_000)
  await curfew.pass(10 * minute + 15, page)
  await expect(stay(page)).toBeVisible()
})

test('when extending fails it says so, and trying again helps', async ({ page, curfew }) => {
  await begin(page, curfew, ...idle)
  const { idle_expires_at: end } = await sessionOf(page)
  await curfew.pass(10 * minute + 15, page)
  await expect(stay(page)).toBeVisible()
  // The page would try again by itself, too, after a few seconds.
  await stopClock(page)
  await page.route('**/api/v1/auth/refresh', (route) =>
    route.fulfill({ status: 503, contentType: 'text/plain', body: 'upstream is down' }),
  )
  await stay(page).click()
  const alert = warning(page).getByRole('alert')
  await expect(alert).toContainText('Your session was not extended')
  await expect(alert).toContainText(clockTime(end, 'It ends at ', '\\.'))
  await expect(alert).not.toContainText('upstream')
  await page.unroute('**/api/v1/auth/refresh')
  await warning(page).getByRole('button', { name: 'Try again' }).click()
  await expect(warning(page).getByRole('status')).toHaveText("You're still signed in.")
  const later = Date.parse((await sessionOf(page)).idle_expires_at)
  expect(later).toBeGreaterThan(Date.parse(end) + 9 * 60_000)
})

test('in a tab out of sight, the title counts the minutes', async ({ page, curfew }) => {
  await begin(page, curfew, ...absolute)
  await hide(page, true)
  const title = await page.title()
  expect(title).not.toMatch(/^\(/)
  await curfew.pass(55 * minute + 15, page)
  await expect(page).toHaveTitle(`(5 min) ${title}`)
  await curfew.pass(3 * minute, page)
  await expect(page).toHaveTitle(`(2 min) ${title}`)
  await hide(page, false)
  await expect(page).toHaveTitle(title)
  await expect(warning(page).getByRole('button', { name: 'Sign in now' })).toBeVisible()
})

test('F6 goes to the warning and back to where one was', async ({ page, curfew }) => {
  await begin(page, curfew, ...absolute)
  const place = page.getByRole('button', { name: 'You: Ada Lovelace' })
  await curfew.pass(55 * minute + 15, page)
  await expect(dismiss(page)).toBeVisible()
  await place.focus()
  await page.keyboard.press('F6')
  await expect(warning(page)).toBeFocused()
  await page.keyboard.press('F6')
  await expect(place).toBeFocused()
  await page.keyboard.press('F6')
  await page.keyboard.press('Tab')
  await expect(dismiss(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(dismiss(page)).toHaveCount(0)
  // What had the focus is gone: it goes back to where the person was.
  await expect(place).toBeFocused()
})

test('what pages ask by themselves never keeps an absent person signed in', async ({ page, curfew }) => {
  await begin(page, curfew, ...idle)
  await page.goto('/account/security')
  await page.getByRole('heading', { level: 1 }).waitFor()
  const { idle_expires_at: end } = await sessionOf(page)
  const sent = refreshes(page)
  for (let passed = 0; passed < 14; passed += 2) {
    await curfew.pass(2 * minute, page)
    await hide(page, true)
    await hide(page, false)
    await page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await page.evaluate(() => window.dispatchEvent(new PointerEvent('pointermove')))
    await page.request.get('/api/v1/auth/session')
  }
  // It did ask: its access token is younger than five minutes.
  await expect.poll(() => sent.length).toBeGreaterThan(0)
  expect((await sessionOf(page)).idle_expires_at).toBe(end)
  await curfew.pass(2 * minute, page)
  await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Fsecurity')
})
