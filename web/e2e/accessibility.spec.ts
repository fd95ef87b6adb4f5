import type { Page } from '@playwright/test'
import { judge } from './axe'
import { type Api, ada, alan, type Curfew, enter, expect, grace, limit, password, test } from './harness'
import { click, inside, outside, type State, type World } from './page-states'

/** A menu that is open stays where its button is, whatever the window's width. */
async function expectInView(page: Page) {
  const menu = page.locator(':popover-open')
  if (await menu.count()) await expect(menu).toBeInViewport({ ratio: 1 })
}

async function judgeAll(page: Page, states: State[], world: World) {
  for (const { name, path, reach, leave, only } of states) {
    await page.setViewportSize({ width: only ?? 1280, height: 900 })
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto('about:blank')
    await page.goto(world.curfew.url + path)
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
    await expect(page.locator('.web-skeleton, .cf-skeleton')).toHaveCount(0)
    await expect(page).toHaveTitle(/^\S.* · Curfew$/)
    await reach?.(page, world)
    for (const width of only ? [only] : [1280, 320]) {
      await page.setViewportSize({ width, height: width === 320 ? 640 : 900 })
      await expectInView(page)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await judge(page, `${name}, ${colorScheme}, ${width}`)
      }
    }
    await leave?.(page)
  }
}

async function account(curfew: Curfew): Promise<Api> {
  const owner = await curfew.signUp()
  await curfew.join(owner, grace)
  await curfew.join(owner, alan)
  const { items } = await owner.get('/accounts/me/users')
  const id = items.find((user: { email: string }) => user.email === alan.email).id
  await owner.patch(`/accounts/me/users/${id}`, { disabled: true })
  await owner.post('/accounts/me/invites', {
    email: 'somebody-with-a-long-name@a-long-domain.example',
    role: 'owner',
  })
  return owner
}

test('the pages before sign-in are accessible, light and dark, wide and narrow', async ({ page, curfew }) => {
  test.setTimeout(180_000)
  await page.goto('/setup')
  await judge(page, 'set-up')
  const owner = await curfew.signUp()
  await judgeAll(page, outside, { curfew, owner })
})

for (const half of [0, 1]) {
  test(`the pages of an owner are accessible in each of their states, part ${half + 1} of 2`, async ({
    page,
    curfew,
  }) => {
    test.setTimeout(240_000)
    const owner = await account(curfew)
    await enter(curfew, page, ada)
    const states = inside.filter((_, at) => at % 2 === half)
    await judgeAll(page, states, { curfew, owner })
  })
}

test('the warning before a session ends is accessible in each of its states', async ({ page, curfew }) => {
  const owner = await curfew.signUp()
  await limit(owner, 15, 60)
  await page.clock.install()
  await enter(curfew, page, ada, '/account')
  await expect(page.getByRole('region', { name: 'You', exact: true })).toContainText(ada.email)
  await curfew.pass(11 * 60, page)
  const toast = page.getByRole('region', { name: 'Session', exact: true })
  await expect(toast).toContainText("You'll be signed out")
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await judge(page, `warning, ${colorScheme}`)
  }
  await page.setViewportSize({ width: 320, height: 640 })
  await judge(page, 'warning, 320')
  await page.route('**/auth/refresh', (route) => route.abort())
  await toast.getByRole('button', { name: 'Stay signed in' }).click()
  await expect(toast.getByRole('alert')).toBeVisible()
  await judge(page, 'warning that failed, dark, 320')
})

test('at 200 percent everything can be read and used without scrolling sideways', async ({
  browser,
  curfew,
}) => {
  await account(curfew)
  const context = await browser.newContext({
    baseURL: curfew.url,
    viewport: { width: 640, height: 450 },
    deviceScaleFactor: 2,
  })
  const page = await context.newPage()
  // At any moment, also while what was asked for comes.
  await page.addInitScript(() => {
    const look = () => {
      const root = document.documentElement
      if (root.scrollWidth > 640) root.dataset.tooWide = String(root.scrollWidth)
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await enter(curfew, page, ada)
  for (const path of [
    '/account',
    '/account/security',
    '/account/sessions',
    '/account/people',
    '/account/audit',
  ]) {
    await page.goto(path)
    await expect(page.locator('.web-skeleton, .cf-skeleton')).toHaveCount(0)
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(640)
    expect(await page.evaluate(() => document.documentElement.dataset.tooWide), path).toBeUndefined()
  }
  await page.goto('/account/security')
  await click(page, 'Sign me out and everyone else')
  const act = page.getByRole('alertdialog').getByRole('button').last()
  await act.scrollIntoViewIfNeeded()
  await expect(act).toBeInViewport({ ratio: 1 })
  await context.close()
})

test('going to another page gives it its title, and its heading the focus', async ({ page, curfew }) => {
  await curfew.signUp()
  await page.goto('/login')
  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link')
  for (const [link, title] of [
    ['People', 'People'],
    ['Audit log', 'Audit log'],
    ['Your sessions', 'Your sessions'],
    ['Account', 'Account settings'],
    ['Security', 'Session security'],
  ] as const) {
    await links.filter({ hasText: new RegExp(`^${link}$`) }).click()
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeFocused()
    await expect(page).toHaveTitle(`${title} · Curfew`)
    await expect(links.and(page.locator('[aria-current=page]'))).toHaveText(link)
  }
  await page.goBack()
  await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeFocused()
})
