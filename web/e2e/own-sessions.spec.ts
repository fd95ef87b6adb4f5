import { ada, alan, enter, expect, test } from './harness'
import { follow } from './warning'

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1'
const desk = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'

test('one ends a session on another device, which is told so', async ({ page, curfew, otherBrowser }) => {
  const owner = await curfew.signUp()
  await curfew.join(owner, alan)
  const other = await otherBrowser.newPage()
  await enter(curfew, other, alan)
  await curfew.device(alan, phone)
  await enter(curfew, page, alan, '/account/sessions')
  const list = page.getByRole('list', { name: 'Your sessions' })
  await expect(list.getByRole('listitem')).toHaveCount(4)
  await expect(list.getByRole('listitem').filter({ hasText: 'This session' })).toHaveCount(1)
  const ends = list.getByRole('button', { name: /^End session on .*Safari.*iOS/ })
  await ends.click()
  await expect(page.getByRole('region', { name: 'Notifications' })).toContainText(
    /Session on .*Safari.* ended\./,
  )
  await expect(list.getByRole('listitem')).toHaveCount(3)

  await page.getByRole('button', { name: 'Sign out all other devices' }).click()
  await expect(page.getByRole('region', { name: 'Notifications' })).toContainText(
    '2 other sessions signed out.',
  )
  await expect(list.getByRole('listitem')).toHaveCount(1)
  await expect(page.getByText("You're signed in only here.")).toBeVisible()
  await expect(page.getByRole('button', { name: 'Sign out all other devices' })).toHaveCount(0)

  await follow(other, 'Your sessions')
  await other.waitForURL('**/login?reason=signed_out_by_you&return_to=**')
  await expect(
    other.getByRole('status').filter({ hasText: 'You signed out here from another device.' }),
  ).toBeVisible()
})

test('ending one’s own session there is signing out', async ({ page, curfew }) => {
  await curfew.signUp()
  await curfew.device(ada, desk)
  await enter(curfew, page, ada, '/account/sessions')
  const list = page.getByRole('list', { name: 'Your sessions' })
  await expect(list.getByText('Firefox 144 on Linux')).toBeVisible()
  await list.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/login**')
  await expect(page.getByLabel('Email')).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
})

test('a session that cannot be ended stays in the list, and it is said why', async ({ page, curfew }) => {
  await curfew.signUp()
  await curfew.device(ada, desk)
  await enter(curfew, page, ada, '/account/sessions')
  const list = page.getByRole('list', { name: 'Your sessions' })
  await page.route('**/api/v1/users/me/sessions/*', (route) => route.abort('connectionrefused'))
  await list.getByRole('button', { name: /^End session on .*Firefox/ }).click()
  await expect(page.getByText(/The session was not ended\./)).toBeVisible()
  await expect(list.getByText('Firefox 144 on Linux')).toBeVisible()
  await page.unroute('**/api/v1/users/me/sessions/*')
  await list.getByRole('button', { name: /^End session on .*Firefox/ }).click()
  await expect(list.getByText('Firefox 144 on Linux')).toHaveCount(0)
})
