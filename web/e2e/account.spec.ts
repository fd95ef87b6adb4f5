import { ada, alan, enter, expect, grace, password, test } from './harness'
import { ownerLooks, standing, withGrace } from './owner'

test('a person changes their name, and every place that shows it follows', async ({ page, curfew }) => {
  const owner = await ownerLooks(curfew, page, '/account')
  const change = page.getByRole('button', { name: 'Change your name' })
  await change.click()
  const name = page.getByLabel('Your name')
  await expect(name).toBeFocused()
  await name.fill('  ')
  await page.keyboard.press('Enter')
  await expect(name).toHaveAccessibleDescription('Enter a name.')
  await name.fill('Ada King')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Notifications' })).toContainText('Your name is changed.')
  await expect(change).toBeFocused()
  await expect(page.getByRole('button', { name: 'You: Ada King' })).toBeVisible()
  expect((await owner.get('/users/me')).name).toBe('Ada King')
})

test('Escape leaves a row as it was', async ({ page, curfew }) => {
  await ownerLooks(curfew, page, '/account')
  await page.getByRole('button', { name: 'Change the account’s name' }).click()
  await page.getByLabel('Account name').fill('Something else')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('region', { name: 'Account' })).toContainText('NameAcme')
  await expect(page.getByRole('button', { name: 'Change the account’s name' })).toBeFocused()
})

for (const keep of [true, false]) {
  test(`two owners rename the account at once: the later one ${keep ? 'keeps theirs' : 'takes the other’s'}`, async ({
    page,
    curfew,
  }) => {
    const { owner, grace: other } = await withGrace(curfew, page, 'owner', '/account')
    await page.getByRole('button', { name: 'Change the account’s name' }).click()
    await page.getByLabel('Account name').fill('Acme of Ada')
    await other.patch('/accounts/me', { name: 'Acme of Grace' })
    await page.getByRole('button', { name: 'Save' }).click()
    const alert = page.getByRole('main').getByRole('alert')
    await expect(alert).toContainText('It is now Acme of Grace. You typed Acme of Ada.')
    await alert.getByRole('button', { name: keep ? 'Keep mine' : 'Use theirs' }).click()
    await expect(page.getByLabel('Account name')).toHaveCount(0)
    const name = keep ? 'Acme of Ada' : 'Acme of Grace'
    await expect(page.getByRole('region', { name: 'Account' })).toContainText(`Name${name}`)
    expect((await owner.get('/accounts/me')).name).toBe(name)
  })
}

test('changing the password ends the person’s other sessions and keeps this one', async ({
  page,
  curfew,
}) => {
  const device = await ownerLooks(curfew, page, '/account')
  await page.getByRole('button', { name: 'Change your password' }).click()
  const current = page.getByLabel('Current password')
  const next = page.getByLabel('New password', { exact: true })
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(current).toBeFocused()
  await current.fill('not the right password')
  await next.fill('another horse battery staple')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(current).toHaveAccessibleDescription('This is not your current password.')
  await expect(current).toBeFocused()
  await expect(next).toHaveValue('another horse battery staple')
  await current.fill(password)
  await next.fill('short')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(next).toHaveAttribute('aria-invalid', 'true')
  await next.fill('another horse battery staple')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByRole('region', { name: 'Notifications' })).toContainText('Password changed.')
  expect(await standing(device)).toBe('password_changed')
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account settings')
})

test('an owner finds session security with its limits in words; a member finds whose account it is', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  const { owner } = await withGrace(curfew, page, 'member', '/account')
  const card = page.getByRole('region', { name: 'Account' })
  await expect(card).toContainText('Signs people out after 7 days without activity, 14 days at most')
  await curfew.join(owner, alan, 'owner')
  const hers = await otherBrowser.newPage()
  await enter(curfew, hers, grace)
  const theirs = hers.getByRole('region', { name: 'Account' })
  await expect(theirs).toContainText(`${ada.name} ${ada.email}`)
  await expect(theirs).toContainText(`${alan.name} ${alan.email}`)
  await expect(theirs).not.toContainText('Session security')
  await expect(theirs.getByRole('button')).toHaveCount(0)
  await card.getByRole('link', { name: 'Change session security' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await expect(page).toHaveTitle('Session security · Curfew')
})
