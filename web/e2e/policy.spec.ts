import { ada, expect, test } from './harness'
import { ownerLooks, policyCard, save, saveButton, standing, withGrace } from './owner'

const radio = (page: Parameters<typeof policyCard>[0], name: string) =>
  policyCard(page).getByRole('radio', { name })
const idle = (page: Parameters<typeof policyCard>[0]) => policyCard(page).getByLabel('Idle limit')
const most = (page: Parameters<typeof policyCard>[0]) => policyCard(page).getByLabel('Maximum session')

test('an owner chooses Strict, sees it saved with a tick, and the next sign-in has those limits', async ({
  page,
  curfew,
}) => {
  await page.clock.install()
  const owner = await ownerLooks(curfew, page)
  await expect(radio(page, 'Standard')).toBeChecked()
  await expect(idle(page)).toHaveValue('10080')
  await expect(idle(page)).toBeDisabled()
  await radio(page, 'Strict').check()
  await expect(idle(page)).toHaveValue('15')
  await expect(most(page)).toHaveValue('720')
  await expect(most(page)).toBeDisabled()
  await save(page)
  const status = policyCard(page).getByRole('status').filter({ hasText: 'Policy saved' })
  await page.clock.fastForward(2_600)
  await expect(status).toHaveCount(0)
  await expect(policyCard(page).getByText(/^Last changed by .*Ada Lovelace/)).toBeVisible()
  expect(await owner.get('/accounts/me/security')).toMatchObject({ preset: 'strict', idle_minutes: 15 })
  // What was open before keeps its limits, as the page says.
  await expect(policyCard(page).getByText('Sessions already open keep their current limits.')).toBeVisible()
  expect((await owner.get('/auth/session')).session.idle_minutes).toBe(10080)
  const device = await curfew.device(ada)
  const { session } = await device.get('/auth/session')
  expect(session).toMatchObject({ idle_minutes: 15, absolute_minutes: 720 })
  await page.reload()
  await expect(radio(page, 'Strict')).toBeChecked()
})

test('custom limits are checked at each field, in words, and the first wrong one gets the focus', async ({
  page,
  curfew,
}) => {
  const owner = await ownerLooks(curfew, page)
  await radio(page, 'Custom').check()
  await expect(idle(page)).toBeEnabled()
  const wrong: [string, string][] = [
    ['', 'Enter the minutes.'],
    ['15.5', 'Enter whole minutes, such as 30.'],
    ['-20', 'Enter whole minutes, such as 30.'],
    ['1e3', 'Enter whole minutes, such as 30.'],
    ['14', 'Enter 15 to 43,200 minutes.'],
    ['43201', 'Enter 15 to 43,200 minutes.'],
    ['20161', 'The idle limit cannot be longer than the maximum session, 14 days.'],
  ]
  await idle(page).fill('30')
  for (const [text, words] of wrong) {
    await idle(page).fill(text)
    await expect(idle(page), 'nothing is said while one types').not.toHaveAttribute('aria-invalid')
    await idle(page).blur()
    await expect(idle(page)).toHaveAccessibleDescription(new RegExp(words.replace(/[.]/g, '\\.')))
    await expect(idle(page)).toHaveAttribute('aria-invalid', 'true')
    // Once wrong, it is judged at each key.
    await idle(page).fill('30')
    await expect(idle(page)).not.toHaveAttribute('aria-invalid')
  }
  await most(page).fill('59')
  await saveButton(page).click()
  await expect(most(page)).toBeFocused()
  await expect(most(page)).toHaveAccessibleDescription(/Enter 60 to 129,600 minutes\./)
  expect((await owner.get('/accounts/me/security')).preset).toBe('standard')
  await most(page).fill(' 90 ')
  await expect(policyCard(page).getByText('= 1 hour 30 minutes')).toBeVisible()
  await save(page, 'Policy saved', () => most(page).press('Enter'))
  expect(await owner.get('/accounts/me/security')).toMatchObject({ idle_minutes: 30, absolute_minutes: 90 })
})

test('looking at a preset and back loses nothing that was typed', async ({ page, curfew }) => {
  await ownerLooks(curfew, page)
  await radio(page, 'Custom').check()
  await idle(page).fill('45')
  await radio(page, 'Strict').check()
  await expect(idle(page)).toHaveValue('15')
  await radio(page, 'Custom').check()
  await expect(idle(page)).toHaveValue('45')
  await save(page)
  await save(page, 'Nothing to save: these limits are in force.')
})

for (const keep of [false, true]) {
  test(`when two owners change the policy at once, the later one ${keep ? 'keeps their own' : 'can take the other’s'}`, async ({
    page,
    curfew,
  }) => {
    const { owner, grace } = await withGrace(curfew, page, 'owner')
    await radio(page, 'Custom').check()
    await idle(page).fill('120')
    await most(page).fill('600')
    await grace.patch('/accounts/me/security', { idle_minutes: 15, absolute_minutes: 720 })
    await saveButton(page).click()
    const alert = policyCard(page).getByRole('alert')
    await expect(alert).toContainText(/Grace Hopper.* changed the policy .*while you were editing/)
    await expect(alert).toContainText('Theirs15 minutes idle, 12 hours in all')
    await expect(alert).toContainText('Yours2 hours idle, 10 hours in all')
    await expect(idle(page)).toHaveValue('120')
    const settle = policyCard(page).getByRole('button', { name: keep ? 'Keep mine' : 'Use theirs' })
    if (keep) await save(page, 'Policy saved', () => settle.click())
    else await settle.click()
    await expect(alert).toHaveCount(0)
    await expect(saveButton(page)).toBeFocused()
    if (keep) {
      await expect(idle(page)).toHaveValue('120')
    } else {
      await expect(radio(page, 'Strict')).toBeChecked()
    }
    expect((await owner.get('/accounts/me/security')).idle_minutes).toBe(keep ? 120 : 15)
  })
}

test('applying to open sessions names who would be signed out, and exactly they are', async ({
  page,
  curfew,
}) => {
  const { grace } = await withGrace(curfew, page)
  await curfew.pass(65 * 60)
  const fresh = await curfew.device({ name: '', email: 'grace@acme.example' })
  await page.reload()
  await radio(page, 'Custom').check()
  await idle(page).fill('60')
  await most(page).fill('720')
  const preview = policyCard(page).getByRole('region', { name: 'Who is affected' })
  await policyCard(page).getByRole('checkbox', { name: 'Apply to open sessions now' }).check()
  await expect(policyCard(page)).toContainText('2 people are affected.')
  await expect(preview.getByRole('listitem').filter({ hasText: 'Grace Hopper' })).toHaveText(
    'Grace Hopper1 ends, 1 shorter',
  )
  await expect(
    policyCard(page).getByText('Applies at next sign-in, and to sessions already open at once.'),
  ).toBeVisible()
  await save(page)
  expect(await standing(grace)).toBe('policy_tightened')
  expect(await standing(fresh)).toBe('signed in')
  expect((await fresh.get('/auth/session')).session.idle_minutes).toBe(60)
})

test('whoever ends their own session by it is told beforehand, and lands at sign-in with the reason', async ({
  page,
  curfew,
}) => {
  await page.clock.install()
  await ownerLooks(curfew, page)
  await curfew.pass(65 * 60, page)
  await radio(page, 'Custom').check()
  await idle(page).fill('30')
  await most(page).fill('60')
  await policyCard(page).getByRole('checkbox', { name: 'Apply to open sessions now' }).check()
  await expect(
    policyCard(page).getByText('Your own session ends too: you will have to sign in again.'),
  ).toBeVisible()
  await saveButton(page).click()
  await page.waitForURL(/\/login\?reason=limits_changed&return_to=%2Faccount%2Fsecurity/)
  await expect(page.getByRole('status')).toContainText('Your account shortened its session limits')
})

test('the comparison with standards and the ages of sessions move with the radios, before anything is saved', async ({
  page,
  curfew,
}) => {
  const { owner } = await withGrace(curfew, page)
  await curfew.pass(13 * 3600)
  await page.reload()
  const card = policyCard(page)
  const standard = (name: string) => card.getByRole('listitem').filter({ hasText: name })
  await expect(standard('PCI DSS')).toContainText('Over')
  const ages = card.getByRole('region', { name: 'Open sessions against these limits' })
  await expect(ages).toContainText('None of the 3 open sessions would end')
  await radio(page, 'Strict').check()
  await expect(standard('PCI DSS')).toContainText('Within')
  await expect(ages).toContainText('3 of 3 open sessions would end')
  await expect(ages.getByRole('img', { name: 'Idle 15 minutes' })).toBeVisible()
  await ages.getByRole('button', { name: 'Table' }).click()
  const grace = ages.getByRole('row').filter({ hasText: 'Grace Hopper' })
  await expect(grace.getByRole('cell').nth(1)).toHaveText('13 hours')
  await radio(page, 'Standard').check()
  await expect(ages).toContainText('None of the 3 open sessions would end')
  expect(await standing(owner)).toBe('signed in')
  expect((await owner.get('/accounts/me/security')).updated_at).toBeNull()
})

test('without a network the form can be read but not saved, and it says so', async ({ page, curfew }) => {
  await ownerLooks(curfew, page)
  await radio(page, 'Strict').check()
  await page.context().setOffline(true)
  await expect(saveButton(page)).toHaveAccessibleDescription(/You're offline\. You can save once/)
  await expect(saveButton(page)).toHaveAttribute('aria-disabled', 'true')
  await saveButton(page).click({ force: true })
  await expect(radio(page, 'Strict')).toBeChecked()
  await page.context().setOffline(false)
  await save(page)
})

test.describe('where the operator sets bounds', () => {
  test.use({ serverEnvironment: { CURFEW_SESSION_IDLE_MINUTES_MIN: '30' } })
  test('presets outside are gone, and what only the server knows stands at its field', async ({
    page,
    curfew,
  }) => {
    // As if the page had been loaded before the operator raised the bound.
    await page.route('**/api/v1/accounts/me/security', async (route) => {
      if (route.request().method() !== 'GET') return route.continue()
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...(await response.json()), idle_minutes_min: 1 } })
    })
    await ownerLooks(curfew, page)
    await expect(radio(page, 'Standard')).toBeChecked()
    await expect(radio(page, 'Strict')).toHaveCount(0)
    await radio(page, 'Custom').check()
    await idle(page).fill('20')
    await saveButton(page).click()
    await expect(idle(page)).toHaveAccessibleDescription(/Idle minutes must be between 30 and 43200/)
    await expect(idle(page)).toBeFocused()
    await idle(page).fill('30')
    await expect(idle(page)).not.toHaveAttribute('aria-invalid')
    await save(page)
  })
})

test.describe('where the operator wants reasons', () => {
  test.use({ serverArgs: ['--policy-reason', 'required'] })
  test('long limits are saved only with one, and it stands in the audit log', async ({ page, curfew }) => {
    const owner = await ownerLooks(curfew, page)
    await radio(page, 'Custom').check()
    await idle(page).fill('600')
    await saveButton(page).click()
    const reason = policyCard(page).getByLabel(/^Reason/)
    await expect(reason).toBeFocused()
    await expect(reason).toHaveAccessibleDescription(/^.*Reason must say why/)
    await expect(policyCard(page).getByText('Reason (optional)')).toHaveCount(0)
    await reason.fill('Nurses share a ward tablet')
    await save(page)
    await expect(reason).toHaveValue('')
    const { items } = await owner.get('/accounts/me/audit-events?action=account.session_policy_update')
    expect(items[0].details.reason).toBe('Nurses share a ward tablet')
  })
})
