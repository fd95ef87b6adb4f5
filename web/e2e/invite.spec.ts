import { ada, alan, expect, password, signIn, test } from './harness'

test('an invited person joins in another browser and is signed in', async ({ page, curfew }) => {
  const owner = await curfew.signUp()
  const { invite_url } = await owner.post('/accounts/me/invites', { email: alan.email, role: 'member' })
  await page.goto(invite_url)
  await expect(page.getByRole('heading', { level: 1, name: 'Join your team' })).toBeVisible()
  await expect(page.getByRole('main')).toContainText('Acme')
  await expect(page.getByRole('main')).toContainText(alan.email)
  // The code is gone from the address, and with it from the history.
  await expect(page).toHaveURL(`${curfew.url}/invite`)
  await page.getByLabel('Your name').fill(alan.name)
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Accept invitation' }).click()
  await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(
    /Use at least 15 characters/,
  )
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Accept invitation' }).click()
  await page.waitForURL('**/account')
  await expect(page.getByRole('button', { name: 'You: Alan Turing' })).toBeVisible()
  expect(curfew.log.join('\n')).not.toContain(new URL(invite_url).hash.slice(7))

  // Used once, it says so.
  await page.goto(invite_url)
  await expect(
    page.getByRole('heading', { level: 1, name: 'This invitation does not work any more' }),
  ).toBeVisible()
})

test('an invitation as owner opened by somebody who is signed in says what accepting does', async ({
  page,
  curfew,
}) => {
  const owner = await curfew.signUp()
  await signIn(page, ada)
  const { invite_url } = await owner.post('/accounts/me/invites', { email: alan.email, role: 'owner' })
  await page.goto(invite_url)
  await expect(page.getByText(`You are signed in as ${ada.email}.`)).toBeVisible()
  await expect(page.getByText('Owner: sets how long sessions last')).toBeVisible()
  await page.getByLabel('Your name').fill(alan.name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Accept invitation' }).click()
  await page.waitForURL('**/account/security')
  await expect(page.getByRole('button', { name: 'You: Alan Turing' })).toBeVisible()
})

test('an invitation taken back while it was open is refused in words', async ({ page, curfew }) => {
  const owner = await curfew.signUp()
  const { id, invite_url } = await owner.post('/accounts/me/invites', { email: alan.email, role: 'member' })
  await page.goto(invite_url)
  await page.getByLabel('Your name').fill(alan.name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await owner.delete(`/accounts/me/invites/${id}`)
  await page.getByRole('button', { name: 'Accept invitation' }).click()
  await expect(page.getByRole('alert')).toContainText('This invitation does not work any more')
  await expect(page.getByLabel('Your name')).toHaveValue(alan.name)
})

test('without its code the page asks for the whole link', async ({ page, curfew }) => {
  await curfew.signUp()
  for (const address of ['/invite', '/invite#token=', '/reset', '/reset#nonsense']) {
    await page.goto(address)
    await expect(page.getByRole('heading', { level: 1, name: /^Open the link/ })).toBeVisible()
  }
  await page.getByRole('link', { name: 'Go to sign-in' }).click()
  await expect(page.getByLabel('Email')).toBeVisible()
})
