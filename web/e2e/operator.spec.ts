import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { judgeLooks } from './axe'
import { ada, binary, type Curfew, expect, grace, test } from './harness'

/** Makes a service key, as the operator does beside the running server. */
function serviceKey(curfew: Curfew, scope: string): { id: string; key: string } {
  const args = ['service-keys', 'create', '--name', 'Night shift', '--scope', scope, '--json']
  return JSON.parse(
    execFileSync(binary, [...args, '--data-dir', join(curfew.folder, 'data')], { encoding: 'utf8' }),
  )
}

const open = async (page: Page, curfew: Curfew, key: string) => {
  await page.goto(`${curfew.adminUrl}/`)
  await page.getByLabel('Service key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** An endpoint of webhooks, and a service that verifies tokens, which the page tells of. */
async function others(curfew: Curfew): Promise<void> {
  const headers = (scope: string) => ({ authorization: `Bearer ${serviceKey(curfew, scope).key}` })
  const url = 'https://a-host-with-a-long-name.hooks.eu-central-1.example.com/curfew'
  const made = await fetch(`${curfew.url}/api/v1/service/webhooks`, {
    method: 'POST',
    headers: { ...headers('webhooks:write'), 'content-type': 'application/json' },
    body: JSON.stringify({ url, events: ['session.ended'] }),
  })
  expect(made.status).toBe(201)
  const query = new URLSearchParams({ verifier: randomUUID(), name: 'Billing and invoices', mode: 'lenient' })
  const reads = headers('revocations:read')
  const head = async () => {
    const answer = await fetch(`${curfew.url}/api/v1/revocations/head?${query}`, { headers: reads })
    expect(answer.status).toBe(200)
    return (await answer.json()).cursor
  }
  query.set('applied', await head())
  await head()
}

test('an operator looks an account up and ends its sessions', async ({ page, curfew, otherBrowser }) => {
  const owner = await curfew.signUp(ada, 'Müller & Söhne')
  await curfew.join(owner, grace)
  const { key } = serviceKey(curfew, 'operator')
  await open(page, curfew, serviceKey(curfew, 'sessions:read').key)
  await expect(page.getByRole('alert')).toHaveText(/does not have the scope operator/)
  await open(page, curfew, key)
  await expect(page).toHaveTitle('Accounts · Curfew operator')
  await page.getByLabel('Name or id').fill('söhne')
  await page.getByLabel('Name or id').press('Enter')
  await page.getByRole('link', { name: 'Müller & Söhne' }).click()
  await expect(page.getByRole('row', { name: 'Ada Lovelace ada@acme.example' })).toContainText('owner')
  await page.getByRole('link', { name: 'End all sessions' }).click()
  await expect(page.getByText('2 live sessions end at once')).toBeVisible()
  await page.getByRole('link', { name: 'Cancel' }).click()
  expect((await owner.call('GET', '/users/me')).status).toBe(200)
  await page.getByRole('link', { name: 'End all sessions' }).click()
  await page.getByLabel('Reason').fill('Lost laptop')
  await page.getByRole('button', { name: 'End all sessions' }).click()
  await expect(page.getByRole('status')).toContainText('Ended 2 live sessions.')
  const { status, body } = await owner.call('GET', '/users/me')
  expect([status, body.reason]).toEqual([401, 'operator'])
  await expect(page.getByRole('row', { name: /session\.revoke/ })).toContainText('Lost laptop')

  // Another browser is signed in to nothing, and comes to where it wanted to go.
  const account = page.url()
  const other = await otherBrowser.newPage()
  await other.goto(account)
  await other.getByLabel('Service key').fill(key)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await expect(other).toHaveURL(account)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByText('You are signed out.')).toBeVisible()
  await page.goBack()
  await expect(page.getByLabel('Service key')).toBeVisible()
  await curfew.pass(15 * 60)
  await other.reload()
  await expect(other.getByText('not used for 15 minutes')).toBeVisible()
})

test('another page cannot end sessions there, nor can a key that was revoked', async ({ page, curfew }) => {
  await curfew.signUp()
  const { id, key } = serviceKey(curfew, 'operator')
  await open(page, curfew, key)
  await page.getByRole('link', { name: 'Acme' }).click()
  const end = `${page.url()}/end-sessions`
  // Of one site with it, as ports do not count, so that its cookie comes along.
  const elsewhere = createServer((_, answer) => {
    answer.setHeader('Content-Type', 'text/html')
    answer.end(`<form method="post" action="${end}"><button>Win a prize</button></form>`)
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
  const sent = page.waitForRequest(end)
  await page.getByRole('button', { name: 'Win a prize' }).click()
  expect((await (await sent).allHeaders()).cookie).toContain('curfew_operator=')
  await expect(page.getByText('Another page sent this request, and it was refused.')).toBeVisible()
  await new Promise((resolve) => elsewhere.close(resolve))
  await page.goto(`${curfew.adminUrl}/operator`)
  await expect(page.getByRole('row', { name: /Acme/ }).getByRole('cell').nth(1)).toHaveText('1')

  execFileSync(binary, ['service-keys', 'revoke', id, '--data-dir', join(curfew.folder, 'data')])
  await expect
    .poll(async () => {
      await page.goto(`${curfew.adminUrl}/operator`)
      return page.url()
    })
    .toContain('reason=key')
  await expect(page.getByText('the service key does not work here any more')).toBeVisible()
})

test('a name that turns what stands after it turns nothing outside itself', async ({ page, curfew }) => {
  // Ends what keeps it apart, if it can, and then turns all that follows.
  const turned = 'Acme\u2069\u202Egpj.exe'
  await curfew.signUp({ ...ada, name: turned }, turned)
  await open(page, curfew, serviceKey(curfew, 'operator').key)
  await page.getByRole('table').getByRole('link').click()
  await expect(page).toHaveTitle(/^Acme\\u2069\\u202egpj\.exe/)
  const after = page
    .getByRole('row', { name: /session\.start/ })
    .getByRole('cell')
    .nth(2)
  await expect(after).toHaveText(`${turned} (user)`)
  const places = await after.evaluate((cell) => {
    const words = cell.lastChild as Text
    return [...words.data].map((_, i) => {
      const letter = document.createRange()
      letter.setStart(words, i)
      letter.setEnd(words, i + 1)
      return letter.getBoundingClientRect().left
    })
  })
  expect(places.length).toBeGreaterThan(5)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})

test('every part is accessible, light and dark, wide and narrow, and by keyboard', async ({
  page,
  curfew,
}) => {
  test.setTimeout(180_000)
  const { key } = serviceKey(curfew, 'operator')
  await page.goto(`${curfew.adminUrl}/operator`)
  await judgeLooks(page, 'sign-in')
  await page.getByLabel('Service key').fill('cfk_wrong')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toBeVisible()
  await judgeLooks(page, 'a wrong key')
  await page.getByLabel('Service key').fill(key)
  await page.keyboard.press('Enter')
  await expect(page.getByText('There are no accounts yet.')).toBeVisible()
  await judgeLooks(page, 'no accounts')
  const owner = await curfew.signUp(ada, 'A company with a name that is long enough to need a second line')
  await curfew.join(owner, grace)
  await page.reload()
  await judgeLooks(page, 'accounts')
  await page.goto(`${curfew.adminUrl}/operator?search=nobody`)
  await judgeLooks(page, 'none found')
  await page.goto(`${curfew.adminUrl}/operator`)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.getByRole('link', { name: /^A company/ }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^A company/)
  await judgeLooks(page, 'an account')
  await page.getByRole('link', { name: 'End all sessions' }).press('Enter')
  await judgeLooks(page, 'the question')
  await page.getByRole('button', { name: 'End all sessions' }).press('Enter')
  await judgeLooks(page, 'an account whose sessions ended')
  await page.getByRole('link', { name: 'Health' }).press('Enter')
  await judgeLooks(page, 'health')
  await others(curfew)
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('row', { name: /^a-host-with|^Billing/ })).toHaveCount(2, { timeout: 1 })
  }).toPass()
  await judgeLooks(page, 'health with all tables filled')
  await page.goto(`${curfew.adminUrl}/operator/nowhere`)
  await judgeLooks(page, 'nothing there')
})
