import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ada, clockTime, expect, grace, password, sessionOf, signIn } from './harness'
import { policyCard, save, sessionsCard, standing } from './owner'
import { test } from './postgres'
import { follow, warning } from './warning'

test('on PostgreSQL an owner sets up, limits sessions, is warned, and signs everyone out', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  await page.clock.install()
  await page.goto('/')
  await page.waitForURL('**/setup')
  await page.getByLabel('Account name').fill('Acme')
  await page.getByLabel('Your name').fill(ada.name)
  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/account/security')

  // Grace joins, with a phone that will be idle and a browser that is new.
  const owner = await curfew.device(ada)
  const phone = await curfew.join(owner, grace)
  await curfew.pass(65 * 60, page)
  const hers = await otherBrowser.newPage()
  await signIn(hers, grace, `${curfew.url}/login?return_to=/account`)
  await page.reload()
  await expect(sessionsCard(page)).toContainText('2 people are signed in, in 4 sessions.')

  // The preview names whom the new limits end, and exactly they are.
  const card = policyCard(page)
  await card.getByRole('radio', { name: 'Custom' }).check()
  await card.getByLabel('Idle limit').fill('60')
  await card.getByLabel('Maximum session').fill('720')
  await card.getByRole('checkbox', { name: 'Apply to open sessions now' }).check()
  await expect(
    card
      .getByRole('region', { name: 'Who is affected' })
      .getByRole('listitem')
      .filter({ hasText: grace.name }),
  ).toHaveText('Grace Hopper1 ends, 1 shorter')
  await save(page)
  expect(await standing(phone)).toBe('policy_tightened')

  // She is warned before her own session ends, and stays.
  const { idle_expires_at: end } = await sessionOf(page)
  await curfew.pass(
    Math.round((Date.parse(end) - (await page.evaluate(() => Date.now()))) / 1000) - 290,
    page,
  )
  await expect(warning(page).getByRole('status')).toContainText(clockTime(end, "You'll be signed out at "))
  await warning(page).getByRole('button', { name: 'Stay signed in' }).click()
  await expect(warning(page).getByRole('status')).toHaveText("You're still signed in.")

  // Everyone else is signed out, and told why at the next step.
  await follow(page, 'Security')
  await page.reload()
  await sessionsCard(page).getByRole('button', { name: 'Sign out everyone except me' }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByRole('button', { name: 'Sign out everyone except me' }).click()
  await expect(dialog).toHaveCount(0)
  await follow(hers, 'Your sessions')
  await hers.waitForURL(/\/login\?reason=signed_out_by_owner/)
  await expect(hers.getByRole('status')).toContainText('ended by an owner')
  await signIn(hers, grace, `${curfew.url}/login`)

  // And it is all in the audit log, which is on PostgreSQL.
  await follow(page, 'Audit log')
  await expect(page.getByRole('heading', { level: 1, name: 'Audit log' })).toBeVisible()
  await expect(page.getByText(/signed out everyone/i).first()).toBeVisible()
  expect(existsSync(join(curfew.folder, 'data', 'secret'))).toBe(true)
  expect(existsSync(join(curfew.folder, 'data', 'curfew.db'))).toBe(false)
})
