import type { Page } from '@playwright/test'
import { ada, alan, type Curfew, enter, expect, grace, test } from './harness'
import { ownerLooks, sessionsCard, standing, withGrace } from './owner'

const dialog = (page: Page) => page.getByRole('alertdialog')
const others = (page: Page) => sessionsCard(page).getByRole('button', { name: 'Sign out everyone except me' })
const everyone = (page: Page) =>
  sessionsCard(page).getByRole('button', { name: 'Sign me out and everyone else' })
const toast = (page: Page) => page.getByRole('region', { name: 'Notifications' })

/** Somebody's browser, on their account page. */
async function inBrowser(curfew: Curfew, page: Page, person = grace) {
  await enter(curfew, page, person, '/account')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account settings')
  return page
}

test('an owner signs out everyone else, who hear so at their next step, and stays', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  const { owner, grace: phone } = await withGrace(curfew, page)
  const hers = await inBrowser(curfew, await otherBrowser.newPage())
  await page.reload()
  await expect(sessionsCard(page)).toContainText('2 people are signed in, in 4 sessions.')
  await others(page).click()
  await expect(dialog(page)).toHaveAccessibleName('Sign out everyone except me?')
  await expect(dialog(page)).toContainText('1 other person will be signed out, in 2 sessions.')
  await expect(dialog(page)).toContainText(
    'follow within a second if they report here, else within 5 minutes.',
  )
  await dialog(page).getByRole('button', { name: 'Sign out everyone except me' }).click()
  await expect(toast(page)).toContainText('2 sessions signed out.')
  await expect(dialog(page)).toHaveCount(0)
  await expect(sessionsCard(page)).toContainText("You're the only person signed in, in 2 sessions.")
  await expect(page.getByRole('region', { name: 'Open sessions against these limits' })).toContainText(
    'None of the 2 open sessions would end',
  )
  await expect(others(page)).toHaveCount(0)
  await expect(sessionsCard(page).getByRole('heading', { level: 2 })).toBeFocused()
  expect(await standing(phone)).toBe('owner_others')
  expect(await standing(owner)).toBe('signed in')
  await hers.getByRole('link', { name: 'View your sessions' }).click()
  await hers.waitForURL(/\/login\?reason=signed_out_by_owner/)
  await expect(hers.getByRole('status')).toContainText('ended by an owner')
})

test('an owner signs out everyone, reads how many, and lands at sign-in without a banner', async ({
  page,
  curfew,
}) => {
  await page.clock.install()
  const { grace: phone } = await withGrace(curfew, page)
  await everyone(page).click()
  await expect(dialog(page)).toContainText('2 people will be signed out, you included, in 3 sessions.')
  await dialog(page).getByRole('button', { name: 'Sign me out and everyone else' }).click()
  await expect(toast(page)).toContainText('3 sessions signed out, yours included.')
  expect(new URL(page.url()).pathname).toBe('/account/security')
  await page.clock.fastForward(1_600)
  await page.waitForURL((url) => url.pathname === '/login')
  expect(new URL(page.url()).search).toBe('')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  await expect(page.locator('.web-banner')).toHaveCount(0)
  expect(await standing(phone)).toBe('owner_all')
})

test('Cancel comes first and has the focus; Escape and the backdrop cancel too, and nobody is signed out', async ({
  page,
  curfew,
}) => {
  const { grace: phone } = await withGrace(curfew, page)
  const ways = [
    () => page.keyboard.press('Enter'),
    () => page.keyboard.press('Escape'),
    () => page.mouse.click(5, 5),
  ]
  for (const cancel of ways) {
    await everyone(page).click()
    await expect(dialog(page).getByRole('button', { name: 'Cancel' })).toBeFocused()
    await cancel()
    await expect(dialog(page)).toHaveCount(0)
    await expect(everyone(page)).toBeFocused()
  }
  expect(await standing(phone)).toBe('signed in')
})

test('a failure stays in the dialog, in words that say what is known, and trying again works', async ({
  page,
  curfew,
}) => {
  const { grace: phone } = await withGrace(curfew, page)
  await others(page).click()
  const act = dialog(page).getByRole('button').last()
  await page.route('**/revoke-sessions', (route) => route.abort())
  await act.click()
  await expect(dialog(page).getByRole('alert')).toContainText(
    'It is not known whether people were signed out.',
  )
  await page.unroute('**/revoke-sessions')
  await page.route('**/revoke-sessions', (route) =>
    route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: '/problems/forbidden',
        title: 'Forbidden',
        status: 403,
        detail: 'Only owners.',
      }),
    }),
  )
  await expect(act).toHaveText('Try again')
  await act.click()
  await expect(dialog(page).getByRole('alert')).toContainText('Nobody was signed out. Only owners')
  await page.unroute('**/revoke-sessions')
  // While it runs, neither Escape nor the backdrop takes it back.
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/revoke-sessions', async (route) => {
    await held
    await route.continue()
  })
  await act.click()
  await expect(act).toHaveText('Signing out…')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 5)
  await expect(dialog(page)).toBeVisible()
  release()
  await expect(toast(page)).toContainText('1 session signed out.')
  expect(await standing(phone)).toBe('owner_others')
})

test('an owner unfolds a person, sees their devices, and ends one of them', async ({ page, curfew }) => {
  const { grace: laptop } = await withGrace(curfew, page)
  const phone = await curfew.device(
    grace,
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  )
  await page.reload()
  const card = sessionsCard(page)
  await expect(card).toContainText('2 people are signed in, in 4 sessions.')
  const self = card.getByRole('listitem').filter({ hasText: 'ada@acme.example' }).first()
  await expect(self).toContainText('(you)')
  const unfold = card.getByRole('button', { name: /2 sessions of .*Grace Hopper/ })
  await unfold.click()
  await expect(unfold).toHaveAttribute('aria-expanded', 'true')
  const devices = card.getByRole('list', { name: /2 sessions of .*Grace Hopper/ })
  await expect(devices.getByRole('listitem')).toHaveCount(2)
  await devices.getByRole('button', { name: /End session of .*Grace Hopper.* on .*Safari/ }).click()
  await expect(toast(page)).toContainText(/Session of .*Grace Hopper.* on .*Safari.* ended\./)
  await expect(card).toContainText('2 people are signed in, in 3 sessions.')
  expect(await standing(phone)).toBe('owner_session')
  expect(await standing(laptop)).toBe('signed in')
})

test('somebody who signed out meanwhile is named when the dialog counts anew', async ({ page, curfew }) => {
  const { owner, grace: hers } = await withGrace(curfew, page)
  await curfew.join(owner, alan)
  await page.reload()
  await expect(sessionsCard(page)).toContainText('3 people are signed in')
  await hers.post('/auth/logout')
  await others(page).click()
  await expect(dialog(page)).toContainText('1 other person will be signed out, in 1 session.')
  await page.keyboard.press('Escape')
  await expect(sessionsCard(page)).toContainText(/Already signed out: .*Grace Hopper/)
  await expect(sessionsCard(page)).toContainText('2 people are signed in')
})

test('someone alone in the account can sign out their own other devices', async ({ page, curfew }) => {
  const device = await ownerLooks(curfew, page)
  await expect(sessionsCard(page)).toContainText("You're the only person signed in, in 2 sessions.")
  await expect(others(page)).toHaveCount(0)
  await sessionsCard(page).getByRole('button', { name: 'Sign out my other devices' }).click()
  await expect(toast(page)).toContainText('1 other session signed out.')
  await expect(sessionsCard(page)).toContainText("You're the only person signed in.")
  expect(await standing(device)).toBe('user_others')
})

test('signing out more than 25 people takes the account’s name, typed', async ({ page, curfew }) => {
  const owner = await curfew.signUp(ada, 'Acme  Robotics')
  const names = [...Array(25).keys()]
  await Promise.all(
    names.map((n) => curfew.join(owner, { name: `Person ${n}`, email: `p${n}@acme.example` })),
  )
  await enter(curfew, page, ada)
  await expect(sessionsCard(page)).toContainText('26 people are signed in, in 27 sessions.')
  await everyone(page).click()
  const name = dialog(page).getByLabel(/Type .*Acme.* to confirm/)
  const act = dialog(page).getByRole('button', { name: 'Sign me out and everyone else' })
  await act.click()
  await expect(name).toBeFocused()
  await expect(name).toHaveAccessibleDescription('This is not the name of the account.')
  await name.fill('acme robotics')
  await act.click()
  await expect(name).toHaveAttribute('aria-invalid', 'true')
  expect((await owner.get('/accounts/me/security')).active_session_count).toBe(27)
  // What looks the same counts as the same.
  await name.fill(' Acme Robotics ')
  await act.click()
  await expect(toast(page)).toContainText('27 sessions signed out, yours included.')
  await page.waitForURL((url) => url.pathname === '/login')
})
