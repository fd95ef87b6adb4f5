import { expect } from '@playwright/test'
import { open, still, take, test } from './take'

test.use({
  viewport: { width: 1120, height: 760 },
  // The browser that takes the pictures would stand among the sessions as a robot.
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
})

test('the owner’s pages', async ({ page, curfew }) => {
  await open(page, curfew, '/account/security')
  await expect(page.getByText('open sessions would end').first()).toBeVisible()
  await page.getByRole('radio', { name: 'Strict' }).check()
  await page.setViewportSize({ width: 1120, height: 1540 })
  await still(page)
  await take(page, 'security')
  await page.setViewportSize({ width: 1120, height: 760 })

  const sessions = page.getByRole('region', { name: 'Active sessions' })
  await sessions
    .getByRole('button', { name: /^[2-9] sessions of/ })
    .first()
    .click()
  await expect(sessions.getByText('Last active').first()).toBeVisible()
  await still(page)
  await take(page, 'active-sessions', sessions, 620)
  await page.getByRole('button', { name: 'Sign me out and everyone else' }).click()
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await take(page, 'revoke')
  await page.keyboard.press('Escape')

  for (const [name, path] of [
    ['people', '/account/people'],
    ['audit', '/account/audit'],
    ['sessions', '/account/sessions'],
    ['account', '/account'],
  ] as const) {
    await page.goto(path)
    await still(page)
    if (name === 'audit') {
      await page.getByLabel('What happened').selectOption('Session policy changed')
      await page.getByRole('main').getByRole('listitem').first().getByRole('button').click()
      await still(page)
    }
    await take(page, name)
  }
})

test('the parts of @curfew/react', async ({ page, curfew }) => {
  await open(page, curfew, '/account/security')
  await expect(page.getByText('open sessions would end').first()).toBeVisible()
  await take(page, 'policy-card', page.getByRole('region', { name: 'Policy', exact: true }))
  await page.goto('/account/sessions')
  await still(page)
  await take(page, 'your-sessions-card', page.getByRole('region', { name: 'Your sessions' }), 480)
})

test('the warning, and sign-in after it', async ({ page, curfew }) => {
  await page.clock.install()
  await open(page, curfew, '/account')
  const { session } = await (await page.request.get('/api/v1/auth/session')).json()
  await curfew.pass((session.idle_minutes - 4) * 60, page)
  const toast = page.getByRole('region', { name: 'Session', exact: true })
  await expect(toast).toContainText("You'll be signed out")
  await still(page)
  await take(page, 'warning')
  await take(page, 'expiry-toast', toast.locator('> *').first())
  await curfew.pass(6 * 60, page)
  await page.waitForURL(/\/login\?reason=session_expired/)
  await still(page)
  await take(page, 'sign-in')
  await take(page, 'signed-out-banner', page.locator('.web-banner'))
})
