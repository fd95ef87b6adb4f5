import type { Locator, Page } from '@playwright/test'
import { type Api, ada, type Curfew, enter, expect, grace } from './harness'

/** The card with the limits. */
export const policyCard = (page: Page): Locator => page.getByRole('region', { name: 'Policy', exact: true })

/** The card with who is signed in. */
export const sessionsCard = (page: Page): Locator =>
  page.getByRole('region', { name: 'Active sessions', exact: true })

/** The button that saves the policy. */
export const saveButton = (page: Page): Locator => policyCard(page).getByRole('button', { name: /^Sav/ })

/** Ada has an account, and looks at its security page in her browser. */
export async function ownerLooks(curfew: Curfew, page: Page, path = '/account/security'): Promise<Api> {
  const owner = await curfew.signUp(ada)
  await enter(curfew, page, ada, path)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  return owner
}

/** The same with Grace in the account, on a device of hers. */
export async function withGrace(
  curfew: Curfew,
  page: Page,
  role: 'owner' | 'member' = 'member',
  path = '/account/security',
): Promise<{ owner: Api; grace: Api }> {
  const owner = await curfew.signUp(ada)
  const other = await curfew.join(owner, grace, role)
  await enter(curfew, page, ada, path)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  return { owner, grace: other }
}

/** What a refresh of a device is answered with: 200, or the reason it is over. */
export async function standing(device: Api): Promise<string> {
  const { status, body } = await device.call('POST', '/auth/refresh', {})
  return status === 200 ? 'signed in' : String(body?.reason ?? body?.type)
}

/** Saves the policy and sees the words that say how it went, which stand for two seconds only. */
export async function save(
  page: Page,
  words = 'Policy saved',
  press: () => Promise<unknown> = () => saveButton(page).click(),
): Promise<void> {
  // The page looks out by itself, from before the press: an answer may come and
  // go on a busy machine before the next question reaches the page.
  const lookout = await page.evaluateHandle((text) => {
    const seen = new Promise<void>((resolve) => {
      const look = () => {
        const shown = [...document.querySelectorAll('[role=status]')].some(
          (node) => node.textContent?.includes(text) && node.checkVisibility(),
        )
        if (!shown) return
        observer.disconnect()
        resolve()
      }
      const observer = new MutationObserver(look)
      observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    return { seen }
  }, words)
  await press()
  await lookout.evaluate(({ seen }) => seen)
}
