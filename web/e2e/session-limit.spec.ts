import type { Page } from '@playwright/test'
import { judge } from './axe'
import { ada, expect, grace, password, test } from './harness'
import { ownerLooks, policyCard, save, saveButton, standing, withGrace } from './owner'

const sessions = (page: Page) => policyCard(page).getByLabel('Sessions per person')
const refuse = (page: Page) => policyCard(page).getByRole('radio', { name: 'Refuse the new sign-in' })
const evict = (page: Page) =>
  policyCard(page).getByRole('radio', { name: 'End their session that was used least recently' })

test('an owner limits the sessions of a person, and the next sign-in ends the oldest', async ({
  page,
  curfew,
  browser,
}) => {
  const { owner, grace: first } = await withGrace(curfew, page)
  await expect(sessions(page)).toHaveValue('')
  await expect(refuse(page)).toBeDisabled()
  await sessions(page).fill('101')
  await saveButton(page).click()
  await expect(sessions(page)).toBeFocused()
  await expect(sessions(page)).toHaveAccessibleDescription(/Enter 1 to 100, or leave it empty\./)
  await sessions(page).fill('1')
  await expect(policyCard(page).getByText('session at once')).toBeVisible()
  await save(page)
  expect(await owner.get('/accounts/me/security')).toMatchObject({
    max_sessions_per_user: 1,
    session_limit_action: 'evict_oldest',
    preset: 'standard',
  })
  await page.reload()
  await expect(sessions(page)).toHaveValue('1')
  await expect(evict(page)).toBeChecked()

  // Nothing ended yet, as the field says; the next sign-in ends Grace's first session.
  expect(await standing(first)).toBe('signed in')
  const second = await curfew.device(grace)
  expect(await standing(first)).toBe('session_limit')
  expect(await standing(second)).toBe('signed in')

  // With the other choice the sign-in is refused, in words, and nothing typed is lost.
  await refuse(page).check()
  await save(page)
  const third = await (await browser.newContext({ baseURL: curfew.url })).newPage()
  await third.goto('/login')
  await third.getByLabel('Email').fill(grace.email)
  await third.getByLabel('Password', { exact: true }).fill(password)
  await third.getByRole('button', { name: 'Sign in' }).click()
  await expect(third.getByText('You are signed in on as many devices as this account allows')).toBeVisible()
  await expect(third.getByLabel('Email')).toHaveValue(grace.email)
  expect(await standing(second)).toBe('signed in')
  await page.goto('/account/audit')
  await expect(page.getByText(/1 session per person at most \(one more is refused\)/)).toBeVisible()
  await expect(page.getByText(/A session of .*Grace.* made way for a newer one/)).toBeVisible()
  await expect(page.getByText(/as many sessions as the account allows/)).toBeVisible()

  // Cleared again.
  await page.goto('/account/security')
  await sessions(page).fill('')
  await save(page)
  await curfew.device(grace)
  expect(await standing(second)).toBe('signed in')
})

test('a page whose session made way says so at the sign-in', async ({ page, curfew }) => {
  const owner = await ownerLooks(curfew, page)
  await owner.call('PATCH', '/accounts/me/security', { max_sessions_per_user: 1 })
  await page.goto('about:blank') // what is told to a page on its way out is lost with it
  await curfew.device(ada)
  await page.goto('/account/security')
  await expect(page).toHaveURL(/\/login\?.*reason=session_limit/)
  await expect(
    page.getByText(/you signed in on another device, and your account limits how many/),
  ).toBeVisible()
})

test('the field is readable on every screen, and follows the bounds of the account', async ({
  curfew,
  browser,
}, info) => {
  await curfew.signUp(ada)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      const context = await browser.newContext({
        baseURL: curfew.url,
        colorScheme,
        viewport: { width, height: 900 },
      })
      const page = await context.newPage()
      await page.route('**/api/v1/accounts/me/security', async (route) => {
        const answer = await route.fetch()
        const json = {
          ...(await answer.json()),
          max_sessions_per_user_max: 5,
          effective_max_sessions_per_user: 5,
        }
        await route.fulfill({ response: answer, json })
      })
      await page.goto('/login?return_to=/account/security')
      await page.getByLabel('Email').fill(ada.email)
      await page.getByLabel('Password', { exact: true }).fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await expect(sessions(page)).toHaveAccessibleDescription(/Leave it empty for the most allowed, 5\./)
      await expect(refuse(page)).toBeEnabled()
      await sessions(page).fill('6')
      await sessions(page).blur()
      await expect(sessions(page)).toHaveAccessibleDescription(/Enter 1 to 5, or leave it empty\./)
      await sessions(page).scrollIntoViewIfNeeded()
      await page.screenshot({ path: info.outputPath(`${colorScheme}-${width}.png`), fullPage: true })
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
      await judge(page, `the limit on sessions, ${colorScheme}, ${width}`)
      await context.close()
    }
  }
})
