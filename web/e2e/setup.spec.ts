import { expect, password, test } from './harness'

test('the first visitor makes the account and lands signed in on its security page', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  await page.goto('/')
  await page.waitForURL('**/setup')
  await expect(page.getByRole('heading', { level: 1, name: 'Set up Curfew' })).toBeVisible()
  await page.getByLabel('Account name').fill('Acme')
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('Email').fill('ada@acme.example')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/account/security')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByRole('banner')).toContainText('Acme')
  await expect(page.getByRole('button', { name: 'You: Ada Lovelace' })).toBeVisible()

  // Whoever comes second signs in, and cannot make another account.
  const second = await otherBrowser.newPage()
  await second.goto(curfew.url)
  await second.waitForURL('**/login')
  await expect(second.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await second.goto(`${curfew.url}/setup`)
  await expect(
    second.getByRole('heading', { level: 1, name: 'New accounts are made by invitation' }),
  ).toBeVisible()
  await expect(second.getByLabel('Account name')).toHaveCount(0)
  const stranger = await curfew.api()
  const refused = await stranger.call('POST', '/auth/signup', {
    account_name: 'Mallory',
    name: 'Mallory',
    email: 'mallory@example.com',
    password,
  })
  expect(refused).toMatchObject({ status: 403, body: { type: '/problems/signup-closed' } })
})

test('what is missing or too short is said at its field, and what was typed stays', async ({ page }) => {
  await page.goto('/setup')
  await page.getByRole('button', { name: 'Create account' }).click()
  const account = page.getByLabel('Account name')
  await expect(account).toBeFocused()
  await expect(account).toHaveAccessibleDescription(/Enter a name for the account\./)
  await account.fill('Acme')
  await page.getByLabel('Your name').fill('Ada')
  await page.getByLabel('Email').fill('ada at acme')
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Email')).toBeFocused()
  await expect(page.getByLabel('Email')).toHaveAccessibleDescription(/like name@example\.com/)
  await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(
    /Use at least 15 characters\. This has 5\./,
  )
  await expect(account).toHaveValue('Acme')
  await page.getByLabel('Email').fill('ada@acme.example')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/security')
})

test('somebody else was quicker: the second of two at the set-up page is told so', async ({
  page,
  curfew,
}) => {
  await page.goto('/setup')
  await page.getByLabel('Account name').fill('Acme')
  await page.getByLabel('Your name').fill('Grace')
  await page.getByLabel('Email').fill('grace@acme.example')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await curfew.signUp()
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('alert')).toContainText('New accounts cannot be made here')
  await expect(page.getByLabel('Your name')).toHaveValue('Grace')
})

test.describe('on a server that makes no accounts on its pages', () => {
  test.use({ serverArgs: ['--signup', 'closed'] })

  test('the set-up page says how the first account is made', async ({ page }) => {
    await page.goto('/setup')
    await expect(page.getByText('curfew user create --account NAME --role owner')).toBeVisible()
    await page.getByRole('link', { name: 'sign in' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
    await expect(page.getByLabel('Email')).toBeVisible()
  })
})
