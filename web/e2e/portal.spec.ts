import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { APIRequestContext } from '@playwright/test'
import { request } from '@playwright/test'
import { judgeLooks } from './axe'
import { ada, binary, Curfew, expect, signIn, test } from './harness'

const product = 'https://app.example.com/settings'

/** A product with the account acme and its owner Olga. */
async function service(curfew: Curfew): Promise<APIRequestContext> {
  const key = execFileSync(
    binary,
    [
      'service-keys',
      'create',
      '--name',
      'product',
      '--data-dir',
      join(curfew.folder, 'data'),
      '--scope',
      'accounts:write',
      '--scope',
      'sessions:write',
    ],
    { encoding: 'utf8' },
  )
  const context = await request.newContext({
    baseURL: curfew.url,
    extraHTTPHeaders: { Authorization: `Bearer ${/cfk_\S+/.exec(key)?.[0]}` },
  })
  await context.put('/api/v1/service/accounts/acme', { data: { name: 'Acme' } })
  const olga = { name: 'Olga', email: 'olga@acme.example', role: 'owner' }
  const made = await context.put('/api/v1/service/accounts/acme/users/olga', { data: olga })
  expect(made.status()).toBe(201)
  return context
}

async function link(context: APIRequestContext): Promise<string> {
  const answer = await context.post('/api/v1/service/portal-links', {
    data: { account: 'acme', user: 'olga', return_url: product },
  })
  expect(answer.status()).toBe(201)
  return (await answer.json()).url
}

test('a link from the product opens the pages, once, and leads back', async ({ page }) => {
  const curfew = await Curfew.start(['--return-urls', product])
  try {
    const context = await service(curfew)
    const url = await link(context)
    await page.goto(url)
    await page.waitForURL('**/account/security')
    await expect(page.getByRole('button', { name: 'You: Olga' })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Back to app.example.com' })).toHaveAttribute('href', product)
    expect(curfew.log.join('\n')).not.toContain(new URL(url).hash.slice(6))

    // Where the product keeps sign-in to itself, nobody is invited here.
    const invite = page.getByRole('button', { name: 'Invite a person' })
    await page.goto(`${curfew.url}/account/people`)
    await expect(invite).toBeVisible()
    await context.put('/api/v1/service/accounts/acme', { data: { name: 'Acme', local_sign_in: false } })
    await page.reload()
    await expect(page.getByText('People are added in the product that they sign in to.')).toBeVisible()
    await expect(page.getByRole('table', { name: 'People' })).toContainText('olga@acme.example')
    await expect(invite).toHaveCount(0)
    await expect(page.getByRole('heading', { name: 'Open invitations' })).toHaveCount(0)

    await page.goto('about:blank')
    await page.goto(url)
    await expect(
      page.getByRole('heading', { level: 1, name: 'This link does not work any more' }),
    ).toBeVisible()
    await expect(page).toHaveURL(`${curfew.url}/portal`)
    await judgeLooks(page, 'a link that is over')
    await page.getByRole('link', { name: 'Go to your account' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
    await page.context().clearCookies()
    await page.goto(`${curfew.url}/portal`)
    await expect(
      page.getByRole('heading', { level: 1, name: 'Open the link from your product' }),
    ).toBeVisible()
    await expect(page.getByRole('main').getByRole('link')).toHaveCount(0)
    await judgeLooks(page, 'no link')
    await page.route('**/auth/portal', (route) => route.abort())
    await page.goto(await link(context))
    await expect(page.getByRole('alert')).toContainText('could not be reached')
    await judgeLooks(page, 'a link without a connection')
    await page.unroute('**/auth/portal')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.waitForURL('**/account/security')
    await context.dispose()
  } finally {
    await curfew.stop()
  }
})

test('nobody is signed out of their browser unasked', async ({ page }) => {
  const curfew = await Curfew.start(['--return-urls', product])
  try {
    await curfew.signUp(ada)
    const context = await service(curfew)
    await signIn(page, ada, `${curfew.url}/login`)
    await page.goto(await link(context))
    await expect(
      page.getByRole('heading', { level: 1, name: 'You are signed in as somebody else' }),
    ).toBeVisible()
    await expect(page.getByRole('main')).toContainText(ada.email)
    await judgeLooks(page, 'somebody else')
    await page.getByRole('link', { name: 'Stay signed in' }).click()
    await expect(page.getByRole('button', { name: `You: ${ada.name}` })).toBeVisible()
    await page.goto(await link(context))
    await page.getByRole('button', { name: 'Sign out and go on' }).click()
    await page.waitForURL('**/account/security')
    await expect(page.getByRole('button', { name: 'You: Olga' })).toBeVisible()
    await context.dispose()
  } finally {
    await curfew.stop()
  }
})
