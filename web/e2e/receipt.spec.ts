import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { binary, type Curfew, expect, test } from './harness'
import { sessionsCard, withGrace } from './owner'

/** A service that verifies tokens itself and says how far it has come, as the library does. */
class Verifier {
  private applied = ''
  private readonly id = randomUUID()
  private readonly key: string
  constructor(
    private readonly curfew: Curfew,
    private readonly name: string,
  ) {
    const args = ['service-keys', 'create', '--name', name, '--scope', 'revocations:read']
    const text = execFileSync(binary, [...args, '--data-dir', join(curfew.folder, 'data')], {
      encoding: 'utf8',
    })
    this.key = /cfk_\S+/.exec(text)?.[0] ?? ''
  }

  /** Asks how far the log goes; with `follow` it has applied that, and says so. */
  async ask(follow: boolean): Promise<void> {
    const query = new URLSearchParams({ verifier: this.id, name: this.name, mode: 'lenient' })
    if (this.applied) query.set('applied', this.applied)
    const answer = await fetch(`${this.curfew.url}/api/v1/revocations/head?${query}`, {
      headers: { authorization: `Bearer ${this.key}` },
    })
    expect(answer.status).toBe(200)
    const { cursor } = await answer.json()
    if (follow && cursor !== this.applied) {
      this.applied = cursor
      await this.ask(false)
    }
  }
}

const board = (page: Page) => page.getByRole('region', { name: /^Signed out/ })

test('after everyone was signed out the sign-in page shows which app has followed, and then everywhere', async ({
  page,
  curfew,
}) => {
  const billing = new Verifier(curfew, 'billing')
  const orders = new Verifier(curfew, 'orders')
  await withGrace(curfew, page)
  for (const app of [billing, orders]) await app.ask(true)
  await sessionsCard(page).getByRole('button', { name: 'Sign me out and everyone else' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Sign me out and everyone else' }).click()
  await page.waitForURL((url) => url.pathname === '/login')
  await expect(async () => {
    for (const app of [billing, orders]) await app.ask(false)
    await expect(board(page)).toContainText('0 of 2 apps have followed.', { timeout: 2000 })
  }).toPass()
  await expect(board(page)).toHaveAccessibleName('Signed out here')
  await billing.ask(true)
  await orders.ask(false)
  await expect(board(page)).toContainText('1 of 2 apps have followed.')
  await expect(board(page).getByRole('listitem').filter({ hasText: 'billing' })).toContainText(
    /Confirmed in \d/,
  )
  await expect(board(page).getByRole('listitem').filter({ hasText: 'orders' })).toContainText(
    'may accept for',
  )
  expect(page.url()).not.toContain('cfq_')
  expect(
    await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])),
  ).not.toContain('cfq_')
  await orders.ask(true)
  await expect(board(page)).toHaveAccessibleName('Signed out everywhere')
  await expect(board(page)).toContainText('All 2 apps followed.')
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  await expect(board(page)).toHaveCount(0)
})
