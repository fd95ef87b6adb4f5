import type { Page } from '@playwright/test'
import { expect, test } from './harness'
import { ownerLooks, policyCard, sessionsCard, withGrace } from './owner'

/** Keeps a piece of the pages' code from arriving, until it is let through. */
async function without(page: Page, chunk: string): Promise<() => Promise<void>> {
  const pieces = `**/assets/${chunk}-*`
  let kept = 0
  await page.route(pieces, (route) => {
    kept++
    return route.abort('internetdisconnected')
  })
  return async () => {
    expect(kept, `asked for ${chunk}`).toBeGreaterThan(0)
    await page.unroute(pieces)
  }
}

test('code that does not arrive is said in its own place, and asked for again', async ({ page, curfew }) => {
  const words = 'Part of this page did not arrive.'
  const form = await without(page, 'policy-form')
  const chart = await without(page, 'age-timeline')
  const board = await without(page, 'board')
  await withGrace(curfew, page)
  const failed = policyCard(page).getByRole('alert')
  await expect(failed).toContainText(`The policy could not be loaded. ${words}`)
  await expect(sessionsCard(page)).toContainText('grace@acme.example')
  await form()
  await policyCard(page).getByRole('button', { name: 'Try again' }).click()
  await policyCard(page).getByRole('radio', { name: 'Custom' }).check()
  await policyCard(page).getByLabel('Idle limit').fill('45')

  await expect(failed).toContainText(words.slice(0, -1))
  await chart()
  await policyCard(page).getByRole('button', { name: 'Try again' }).click()
  await expect(
    policyCard(page).getByRole('region', { name: 'Open sessions against these limits' }),
  ).toBeVisible()
  await expect(policyCard(page).getByLabel('Idle limit')).toHaveValue('45')

  await sessionsCard(page).getByRole('button', { name: 'Sign out everyone except me' }).click()
  await page.getByRole('alertdialog').getByRole('button').last().click()
  const missing = sessionsCard(page).getByRole('alert')
  await expect(missing).toContainText(words)
  await board()
  await sessionsCard(page).getByRole('button', { name: 'Try again' }).click()
  await expect(sessionsCard(page)).toContainText('Signed out here')
  await expect(policyCard(page).getByLabel('Idle limit')).toHaveValue('45')
})

test('a page that is asked for without a network opens when there is one', async ({
  page,
  curfew,
  context,
}) => {
  await ownerLooks(curfew, page, '/account')
  await context.setOffline(true)
  const people = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'People' })
  await people.click()
  await expect(page.getByRole('heading', { level: 1, name: 'You are offline' })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
  await people.click()
  await context.setOffline(false)
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible()
  await expect(page.getByRole('main')).toContainText('ada@acme.example')
})
