import { ada, alan, enter, expect, password, sessionOf, test } from './harness'
import { begin, follow } from './warning'

const hour = 3600

test('after the idle limit one is at sign-in with the reason, and afterwards back on the page', async ({
  page,
  curfew,
}) => {
  await begin(page, curfew, 15, 600)
  await follow(page, 'Audit log')
  await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor()
  await curfew.pass(15 * 60 + 5, page)
  await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount%2Faudit')
  await expect(page.getByRole('status').filter({ hasText: 'after a time without activity' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'You: Ada Lovelace' })).toHaveCount(0)
  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account/audit')
  await expect(page.getByRole('heading', { level: 1, name: 'Audit log' })).toBeVisible()
})

test('at the maximum length it ends for whoever is active, too', async ({ page, curfew }) => {
  await begin(page, curfew, 60, 60)
  for (let half = 0; half < 3; half++) {
    await curfew.pass(hour / 4, page)
    await page.mouse.move(300 + half * 10, 300)
    await follow(page, half % 2 ? 'Your sessions' : 'Account')
    await expect(page.getByRole('heading', { level: 1, name: /sessions|settings/ })).toBeVisible()
  }
  const { absolute_expires_at, idle_expires_at } = await sessionOf(page)
  expect(Date.parse(idle_expires_at)).toBeLessThanOrEqual(Date.parse(absolute_expires_at))
  await curfew.pass(hour / 4 + 5, page)
  await page.waitForURL('**/login?reason=session_expired&return_to=%2Faccount')
})

test('an owner ends a session in one browser; the other is told so at its next contact', async ({
  page,
  curfew,
  otherBrowser,
}) => {
  const owner = await curfew.signUp()
  await curfew.join(owner, alan)
  const theirs = await otherBrowser.newPage()
  await enter(curfew, theirs, alan, '/account/sessions')
  await enter(curfew, page, ada)
  await page.getByRole('button', { name: /2 sessions of .*Alan Turing/ }).click()
  const ends = page.getByRole('button', { name: /^End session of .*Alan Turing.* on / })
  await expect(ends).toHaveCount(2)
  // The one in the browser; the other was made by a program.
  await page.getByRole('button', { name: /^End session of .*Alan Turing.* on .*Chrome/ }).click()
  await expect(ends).toHaveCount(1)
  await follow(theirs, 'Account')
  await theirs.waitForURL('**/login?reason=signed_out_by_owner&return_to=%2Faccount')
  await expect(
    theirs.getByRole('status').filter({ hasText: 'ended by an owner or administrator' }),
  ).toBeVisible()
})

test('a password changed on another device ends this session, and says why', async ({ page, curfew }) => {
  await curfew.signUp()
  await enter(curfew, page, ada, '/account/sessions')
  await page.getByRole('list', { name: 'Your sessions' }).waitFor()
  const phone = await curfew.device(ada)
  await phone.post('/users/me/password', {
    current_password: password,
    new_password: 'quite another battery staple',
  })
  await follow(page, 'Account')
  await page.waitForURL('**/login?reason=password_changed**')
  await expect(page.getByRole('status').filter({ hasText: 'Your password was changed' })).toBeVisible()
})

test('limits tightened for open sessions end those past them, and say why', async ({ page, curfew }) => {
  await begin(page, curfew, 600, 1200)
  await curfew.pass(2 * hour, page)
  const owner = await curfew.device(ada)
  await owner.patch('/accounts/me/security', {
    idle_minutes: 15,
    absolute_minutes: 60,
    apply_to: 'all_sessions',
  })
  await follow(page, 'Account')
  await page.waitForURL('**/login?reason=limits_changed&return_to=%2Faccount')
  await expect(page.getByRole('status').filter({ hasText: 'shortened its session limits' })).toBeVisible()
})

test('a sign-in used twice ends for both, and the person is told to look', async ({
  page,
  curfew,
  context,
}) => {
  await begin(page, curfew, 600, 1200)
  // Somebody copies the cookie and uses it.
  const stolen = (await context.cookies()).find(({ name }) => name === 'curfew_refresh')
  expect(stolen).toBeDefined()
  const thief = await fetch(`${curfew.url}/api/v1/auth/refresh`, {
    method: 'POST',
    headers: { Cookie: `${stolen?.name}=${stolen?.value}` },
  })
  expect(thief.status).toBe(200)
  await curfew.pass(10 * 60, page)
  await follow(page, 'Account')
  await page.waitForURL('**/login?reason=security&return_to=%2Faccount')
  await expect(page.getByRole('status').filter({ hasText: 'its sign-in was used twice' })).toBeVisible()
  const { access_token } = await thief.json()
  const refused = await fetch(`${curfew.url}/api/v1/users/me`, {
    headers: { Authorization: `Bearer ${access_token}` },
  })
  expect(refused.status).toBe(401)
})

test('who is disabled is signed out without a reason that is nobody else’s business', async ({
  page,
  curfew,
}) => {
  const owner = await curfew.signUp()
  const member = await curfew.join(owner, alan)
  const me = await member.get('/users/me')
  await enter(curfew, page, alan)
  await page.getByRole('main').getByText(alan.email).waitFor()
  await owner.patch(`/accounts/me/users/${me.id}`, { disabled: true })
  await follow(page, 'Your sessions')
  await page.waitForURL('**/login?return_to=**')
  await expect(page.getByLabel('Email')).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: /\S/ })).toHaveCount(0)
})
