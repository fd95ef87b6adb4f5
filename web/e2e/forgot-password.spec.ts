import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { ada, alan, Curfew, expect, password, test as plain, signIn } from './harness'

const fresh = 'another horse, another battery'

/** A server that puts its mails into a folder, and what lies there. */
const test = plain.extend<{ letters: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner wants the pattern
  letters: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-mail-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  curfew: async ({ letters }, use) => {
    const curfew = await Curfew.start([], {
      CURFEW_SMTP_URL: `file://${letters}`,
      CURFEW_MAIL_FROM: 'Curfew <no-reply@acme.example>',
    })
    await use(curfew)
    await curfew.stop()
  },
})

/** The newest letter with a link to somebody, who gets others too, once there is one, with its text as people read it. */
async function letterTo(folder: string, email: string): Promise<string> {
  let found = ''
  await expect(async () => {
    for (const name of (await readdir(folder)).filter((each) => each.endsWith('.eml')).sort()) {
      const raw = await readFile(join(folder, name), 'utf8')
      if (raw.includes(email) && /^Subject: Set a new password\r?$/m.test(raw)) found = raw
    }
    expect(found).not.toBe('')
  }).toPass()
  return found
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
}

async function ask(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByRole('button', { name: 'Send me a link' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Look into your mailbox' })).toBeVisible()
}

test('from a forgotten password to a new one, by the link in a mail', async ({ page, curfew, letters }) => {
  await curfew.signUp()
  const elsewhere = await curfew.device(ada)
  await page.goto('/login')
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await ask(page, ada.email)
  const letter = await letterTo(letters, ada.email)
  const link = /http:\/\/\S+\/reset#token=[\w-]+/.exec(letter)?.[0] ?? ''
  expect(link.startsWith(`${curfew.url}/reset#token=`), letter).toBe(true)

  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'Set a new password' })).toBeVisible()
  await expect(page.getByRole('main')).toContainText(ada.email)
  await expect(page).toHaveURL(`${curfew.url}/reset`)
  const typed = page.getByLabel('New password', { exact: true })
  await typed.fill('password12345678')
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(typed).toHaveAttribute('aria-invalid', 'true')
  await typed.fill(fresh)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.waitForURL('**/login?note=password_set')
  await expect(page.getByRole('status')).toContainText('Your new password is set')

  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Password', { exact: true }).fill(fresh)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account/security')
  expect((await elsewhere.call('GET', '/users/me')).status).toBe(401)

  // Used once, it says so in words.
  await page.goto(link)
  await expect(
    page.getByRole('heading', { level: 1, name: 'This link does not work any more' }),
  ).toBeVisible()
  expect(curfew.log.join('\n')).not.toContain(link.split('token=')[1])
})

test('an address that nobody here has gets the same words, and no mail', async ({
  page,
  curfew,
  letters,
}) => {
  await curfew.signUp()
  const said: string[] = []
  for (const email of ['nobody@acme.example', ada.email]) {
    await page.goto('/forgot')
    await ask(page, email)
    said.push((await page.getByRole('main').innerText()).replace(email, 'EMAIL'))
  }
  expect(said[0]).toBe(said[1])
  await letterTo(letters, ada.email)
  const all = await Promise.all((await readdir(letters)).map((name) => readFile(join(letters, name), 'utf8')))
  expect(all.join('\n')).not.toContain('nobody@acme.example')
})

test('a link that is replaced by a newer one while it is open is refused in words', async ({
  page,
  curfew,
}) => {
  const owner = await curfew.signUp()
  const member = await curfew.join(owner, alan)
  const { id } = await member.get('/users/me')
  const first = await owner.post(`/accounts/me/users/${id}/reset-links`)
  await page.goto(first.reset_url)
  await page.getByLabel('New password', { exact: true }).fill(fresh)
  const second = await owner.post(`/accounts/me/users/${id}/reset-links`)
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(page.getByRole('alert')).toContainText('This link does not work any more')
  await page.goto(second.reset_url)
  await page.getByLabel('New password', { exact: true }).fill(fresh)
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.waitForURL('**/login?note=password_set')
})

plain(
  'without mail the page says that an owner can make a link, and the link works',
  async ({ page, curfew }) => {
    const owner = await curfew.signUp()
    const member = await curfew.join(owner, alan)
    await page.goto('/forgot')
    await expect(page.getByText('This server sends no email.')).toBeVisible()
    await expect(page.getByLabel('Email')).toHaveCount(0)
    const { id } = await member.get('/users/me')
    const { reset_url } = await owner.post(`/accounts/me/users/${id}/reset-links`)
    // In the person's own browser, where they are signed in.
    await signIn(page, alan)
    await page.goto(reset_url)
    await page.getByLabel('New password', { exact: true }).fill(fresh)
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.waitForURL('**/login?note=password_set')
    await page.getByLabel('Email').fill(alan.email)
    await page.getByLabel('Password', { exact: true }).fill(fresh)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
  },
)
