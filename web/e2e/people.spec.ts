import type { Page } from '@playwright/test'
import { ada, alan, enter, expect, grace, password, test } from './harness'
import { ownerLooks, standing, withGrace } from './owner'

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const toast = (page: Page) => page.getByRole('region', { name: 'Notifications' })

async function choose(page: Page, name: string, item: string) {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('button', { name: item, exact: true }).click()
}

test('an owner invites a person by a link shown once, and the person appears in the list', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  await ownerLooks(curfew, page, '/account/people')
  await page.getByRole('button', { name: 'Invite a person' }).click()
  const dialog = page.getByRole('dialog')
  const email = dialog.getByLabel('Email address')
  await expect(email).toBeFocused()
  await email.fill('grace at acme')
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await expect(email).toBeFocused()
  await expect(email).toHaveAttribute('aria-invalid', 'true')
  await email.fill(grace.email)
  await dialog.getByLabel('Role').selectOption('Owner')
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await expect(dialog).toHaveAccessibleName(`Send this link to ${grace.email}`)
  // It cannot be lost by a stray press.
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 5)
  const link = await dialog.getByLabel('Invitation link').inputValue()
  expect(link).toContain(`${curfew.url}/invite#token=`)
  await dialog.getByRole('button', { name: 'Done' }).click()
  const open = page.getByRole('region', { name: 'Open invitations' })
  await expect(open.getByRole('listitem')).toContainText(`${grace.email}Owner · invited just now`)

  const hers = await otherBrowser.newPage()
  await hers.goto(link)
  await hers.getByLabel('Your name').fill(grace.name)
  await hers
    .getByLabel(/password/i)
    .first()
    .fill(password)
  await hers.getByRole('button', { name: 'Accept invitation' }).click()
  await hers.waitForURL('**/account/security')
  await page.reload()
  await expect(row(page, grace.name)).toContainText(/grace@acme\.exampleOwner.*just now/)
  await expect(open).toContainText('Nobody is invited at the moment.')
})

test('an invitation that was taken back opens nothing', async ({ page, curfew, otherBrowser }) => {
  const owner = await ownerLooks(curfew, page, '/account/people')
  const { invite_url } = await owner.post('/accounts/me/invites', { email: alan.email, role: 'member' })
  await page.reload()
  await page.getByRole('button', { name: `Take back the invitation of ${alan.email}` }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Take back this invitation?' })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await dialog.getByRole('button', { name: 'Take back' }).click()
  await expect(toast(page)).toContainText('The invitation is taken back.')
  await expect(page.getByText('Nobody is invited at the moment.')).toBeVisible()
  const his = await otherBrowser.newPage()
  await his.goto(invite_url)
  await expect(his.getByRole('heading', { level: 1 })).toContainText(/does not work/i)
  await expect(his.getByLabel('Your name')).toHaveCount(0)
})

test('an owner makes a link to a new password, which works in another browser', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  const { grace: phone } = await withGrace(curfew, page, 'member', '/account/people')
  await choose(page, grace.name, 'Make a reset link')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Make reset link' }).click()
  const link = await dialog.getByLabel('Reset link').inputValue()
  await expect(dialog).toContainText('It is shown this once, works once')
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('button', { name: `Actions for ${grace.name}` })).toBeFocused()
  const hers = await otherBrowser.newPage()
  await hers.goto(link)
  await hers.getByLabel('New password', { exact: true }).fill('another horse battery staple')
  await hers.getByRole('button', { name: 'Set password' }).click()
  await hers.waitForURL(/\/login\?note=password_set/)
  expect(await standing(phone)).toBe('password_changed')
})

test('roles change at once: whoever is demoted signs in again as a member', async ({ page, curfew }) => {
  const { grace: phone } = await withGrace(curfew, page, 'member', '/account/people')
  await choose(page, grace.name, 'Make owner')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Make owner' }).click()
  await expect(toast(page)).toContainText('Grace Hopper\u2069 is now an owner.')
  await expect(row(page, grace.name).getByRole('cell').nth(1)).toHaveText('Owner')
  await choose(page, grace.name, 'Make member')
  await expect(page.getByRole('alertdialog')).toContainText('have to sign in again as a member.')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Make member' }).click()
  await expect(toast(page)).toContainText('Grace Hopper\u2069 is now a member.')
  expect(await standing(phone)).toBe('role_changed')
})

test('a disabled person is signed out and cannot sign in, until they are enabled again', async ({
  page,
  curfew,
}) => {
  const { grace: phone } = await withGrace(curfew, page, 'member', '/account/people')
  await choose(page, grace.name, 'Disable')
  await expect(page.getByRole('alertdialog')).toContainText('Their session ends at once here')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
  await expect(row(page, grace.name)).toContainText('Disabled')
  expect(await standing(phone)).toBe('user_disabled')
  const refused = await (await curfew.api()).call('POST', '/auth/login', { email: grace.email, password })
  expect(refused.status).toBe(401)
  await choose(page, grace.name, 'Enable')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Enable' }).click()
  await expect(toast(page)).toContainText('Grace Hopper\u2069 can sign in again.')
  await curfew.device(grace)
})

test('an owner signs a person out everywhere from the list', async ({ page, curfew }) => {
  const { grace: phone } = await withGrace(curfew, page, 'member', '/account/people')
  await choose(page, grace.name, 'Sign out everywhere')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await expect(toast(page)).toContainText('Grace Hopper\u2069 is signed out everywhere.')
  await expect(row(page, grace.name).getByRole('cell').nth(3)).toHaveText('0')
  expect(await standing(phone)).toBe('owner_user')
})

test('the last owner can be neither demoted nor disabled, and the dialog says why', async ({
  page,
  curfew,
}) => {
  const { owner } = await withGrace(curfew, page, 'member', '/account/people')
  for (const item of ['Make member', 'Disable']) {
    await choose(page, ada.name, item)
    const dialog = page.getByRole('alertdialog')
    await dialog.getByRole('button', { name: item }).click()
    await expect(dialog.getByRole('alert')).toContainText('This account needs an owner')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await expect(dialog).toHaveCount(0)
  }
  expect(await standing(owner)).toBe('signed in')
})

test('an owner who makes themselves a member signs in anew, without being told what they did', async ({
  page,
  curfew,
}) => {
  await withGrace(curfew, page, 'owner', '/account/people')
  await choose(page, ada.name, 'Make member')
  await expect(page.getByRole('alertdialog')).toContainText('signed out everywhere, here too')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Make member' }).click()
  await page.waitForURL((url) => url.pathname === '/login')
  expect(new URL(page.url()).search).toBe('')
  await enter(curfew, page, ada)
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link')).toHaveText([
    'Account',
    'Your sessions',
  ])
})

test('a member sees on each owners’ page what it is and whom to ask, and no way there', async ({
  page,
  curfew,
}) => {
  const owner = await curfew.signUp()
  await curfew.join(owner, grace)
  await curfew.join(owner, alan, 'owner')
  await enter(curfew, page, grace)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account settings')
  await expect(page.getByRole('link', { name: /security|people|audit/i })).toHaveCount(0)
  for (const [path, title] of [
    ['/account/security', 'Session security'],
    ['/account/people', 'People'],
    ['/account/audit', 'Audit log'],
  ] as const) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title)
    await expect(page.getByText('Only owners can open this page')).toBeVisible()
    const owners = page.getByRole('region', { name: 'The owners of this account' })
    await expect(owners.getByRole('listitem')).toHaveText([/Ada Lovelace/, /Alan Turing/])
    await expect(page.getByRole('main').getByRole('button')).toHaveCount(0)
    await page.getByRole('link', { name: 'Back to account settings' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account settings')
  }
})
