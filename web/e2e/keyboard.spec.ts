import type { Page } from '@playwright/test'
import { ada, expect, grace, password, test } from './harness'
import { ownerLooks, policyCard, save, sessionsCard, standing, withGrace } from './owner'

/** Presses Tab until what is wanted has the focus. */
async function tabTo(
  page: Page,
  role: 'button' | 'link' | 'radio' | 'textbox' | 'checkbox',
  name: string | RegExp,
) {
  const wanted = page.getByRole(role, { name, exact: typeof name === 'string' }).first()
  for (let presses = 0; presses < 60; presses++) {
    if (await wanted.evaluate((node) => node === document.activeElement).catch(() => false)) return wanted
    await page.keyboard.press('Tab')
  }
  throw new Error(`60 times Tab does not reach ${role} ${name}`)
}

/** A ring of two pixels at least around what has the focus, or around what stands for it. */
async function hasRing(page: Page) {
  const width = await page.evaluate(() => {
    const node = document.activeElement as HTMLElement
    return Math.max(
      ...[node, node.closest('label')].filter(Boolean).map((each) => {
        const style = getComputedStyle(each as Element)
        return style.outlineStyle === 'none' ? 0 : Number.parseFloat(style.outlineWidth)
      }),
    )
  })
  expect(width).toBeGreaterThanOrEqual(2)
}

test('with a keyboard alone an owner signs in, changes the policy by arrows and signs out', async ({
  page,
  curfew,
}) => {
  await curfew.signUp()
  await page.goto('/login')
  await expect(page.getByLabel('Email')).toBeFocused()
  await page.keyboard.type(ada.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Session security' })).toBeFocused()
  await tabTo(page, 'radio', /^Standard/)
  await hasRing(page)
  await page.keyboard.press('ArrowUp')
  await expect(policyCard(page).getByRole('radio', { name: /^Strict/ })).toBeChecked()
  await page.keyboard.press('ArrowUp')
  await expect(policyCard(page).getByRole('radio', { name: /^Custom/ })).toBeChecked()
  await page.keyboard.press('Tab')
  // The group is one stop; the next is the first number.
  await expect(policyCard(page).getByLabel('Idle limit')).toBeFocused()
  await hasRing(page)
  await page.keyboard.type('45')
  await tabTo(page, 'checkbox', /^Apply to open sessions now/)
  await page.keyboard.press('Space')
  await expect(policyCard(page).getByText('You stay signed in.')).toBeVisible()
  await tabTo(page, 'button', 'Save')
  await hasRing(page)
  await save(page, 'Policy saved', () => page.keyboard.press('Enter'))
  await expect(policyCard(page).getByRole('button', { name: 'Save' })).toBeFocused()
  await page.goto('/account')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await tabTo(page, 'button', 'Sign out')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/login')
})

test('the first stop of every page leads past the header', async ({ page, curfew }) => {
  await curfew.signUp()
  await page.goto('/login')
  await page.getByLabel('Email').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/security')
  await page.goto('/account/people')
  await expect(page.getByRole('button', { name: 'Invite a person' })).toBeVisible()
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to the page' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  expect(new URL(page.url()).hash).toBe('')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Invite a person' })).toBeFocused()
})

test('a dialog starts on Cancel, keeps the focus inside, and gives it back', async ({ page, curfew }) => {
  await withGrace(curfew, page)
  const opener = await tabTo(page, 'button', 'Sign out everyone except me')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('alertdialog')
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  for (let presses = 0; presses < 5; presses++) {
    await page.keyboard.press('Tab')
    const outside = await page.evaluate(
      () =>
        document.activeElement !== document.body &&
        !document.querySelector('dialog[open]')?.contains(document.activeElement),
    )
    expect(outside).toBe(false)
  }
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(opener).toBeFocused()
})

test('a session is ended by keyboard, and the focus stays where one can go on', async ({ page, curfew }) => {
  const { grace: phone } = await withGrace(curfew, page)
  const unfold = await tabTo(page, 'button', /1 session of .*Grace/)
  await page.keyboard.press('Enter')
  await expect(unfold).toHaveAttribute('aria-expanded', 'true')
  await expect(sessionsCard(page).getByRole('button', { name: /^End session of/ })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(sessionsCard(page).getByRole('button', { name: /^End session of/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Notifications' })).toContainText(
    /Session of .*Grace Hopper.* ended/,
  )
  expect(await standing(phone)).toBe('owner_session')
  await expect(sessionsCard(page)).not.toContainText(grace.email)
  await expect.poll(() => page.evaluate(() => document.activeElement === document.body)).toBe(false)
})

test('menus open, are walked through and close by keyboard', async ({ page, curfew }) => {
  await withGrace(curfew, page, 'member', '/account/people')
  await expect(page.getByRole('row').filter({ hasText: grace.name })).toBeVisible()
  const trigger = await tabTo(page, 'button', `Actions for ${grace.name}`)
  await page.keyboard.press('Enter')
  await expect(trigger).toHaveAttribute('aria-expanded', 'true')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Make a reset link' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(trigger).toHaveAttribute('aria-expanded', 'false')
  await expect(trigger).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(trigger).toHaveAttribute('aria-expanded', 'true')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('alertdialog')
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(trigger).toBeFocused()
})

test('F6 moves to a message and back, and dismissing it by keyboard returns the focus', async ({
  page,
  curfew,
}) => {
  await ownerLooks(curfew, page, '/account')
  const change = page.getByRole('button', { name: 'Change your name' })
  await change.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type('Ada King')
  await page.keyboard.press('Enter')
  const messages = page.getByRole('region', { name: 'Notifications' })
  await expect(messages).toContainText('Your name is changed.')
  await expect(change).toBeFocused()
  await page.keyboard.press('F6')
  await expect(messages).toBeFocused()
  await page.keyboard.press('F6')
  await expect(change).toBeFocused()
  await page.keyboard.press('F6')
  await page.keyboard.press('Tab')
  await expect(messages.getByRole('button', { name: 'Dismiss' })).toBeFocused()
  await hasRing(page)
  await page.keyboard.press('Enter')
  await expect(messages).not.toContainText('Your name is changed.')
  await expect(change).toBeFocused()
})
