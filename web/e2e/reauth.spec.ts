import { expect, password, sessionOf, test } from './harness'
import { begin, warning } from './warning'

const open = { name: 'Sign in now' }

test('signing in again in a window beside it, the first page carries on with what was typed', async ({
  page,
  curfew,
  context,
}) => {
  await begin(page, curfew, 15, 60)
  // Whoever works reaches the maximum length, not the idle limit.
  await page.goto('/account')
  const change = page.getByRole('button', { name: 'Change your password' })
  await change.waitFor()
  for (let minutes = 0; minutes < 54; minutes += 9) {
    const { last_active_at: last } = await sessionOf(page)
    await curfew.pass(9 * 60, page)
    await page.mouse.move(300 + minutes, 400)
    await expect.poll(async () => (await sessionOf(page)).last_active_at).not.toBe(last)
  }
  await change.click()
  const typed = page.getByLabel('New password', { exact: true })
  await typed.fill('a new battery, half typed')
  const before = await sessionOf(page)
  await curfew.pass(75, page)
  const opens = context.waitForEvent('page')
  await warning(page).getByRole('button', open).click()
  const popup = await opens
  await expect(popup.getByRole('status')).toContainText('Sign in again to carry on where you were.')
  await expect(popup.getByLabel('Email')).toHaveValue('ada@acme.example')
  const closed = popup.waitForEvent('close')
  await popup.getByLabel('Password', { exact: true }).fill(password)
  await popup.getByRole('button', { name: 'Sign in' }).click()
  await closed
  await expect(warning(page).getByRole('button', open)).toHaveCount(0)
  await expect(typed).toHaveValue('a new battery, half typed')
  const after = await sessionOf(page)
  expect(after.id).not.toBe(before.id)
  expect(Date.parse(after.absolute_expires_at)).toBeGreaterThan(
    Date.parse(before.absolute_expires_at) + 50 * 60_000,
  )
  // The old end comes and goes.
  await curfew.pass(6 * 60, page)
  await expect(typed).toHaveValue('a new battery, half typed')
  await expect(page).toHaveURL(/\/account$/)
})

test('where windows are blocked, a link in the warning does the same', async ({ page, curfew, context }) => {
  await context.addInitScript(() => {
    window.open = () => null
  })
  await begin(page, curfew, 60, 60)
  await curfew.pass(55 * 60 + 15, page)
  await warning(page).getByRole('button', open).click()
  await expect(warning(page)).toContainText('The sign-in window was blocked.')
  const opens = context.waitForEvent('page')
  await warning(page).getByRole('link', { name: 'Open sign-in in a new tab' }).click()
  const tab = await opens
  await tab.getByLabel('Password', { exact: true }).fill(password)
  await Promise.all([tab.waitForEvent('close'), tab.getByRole('button', { name: 'Sign in' }).click()])
  await expect(warning(page).getByRole('link')).toHaveCount(0)
  await expect(page).toHaveURL(/\/account\/sessions$/)
})
