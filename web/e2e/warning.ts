import type { Locator, Page } from '@playwright/test'
import { type Api, ada, type Curfew, enter, expect, limit } from './harness'

/** The warning's region; empty while there is nothing to warn of. */
export const warning = (page: Page): Locator => page.getByRole('region', { name: 'Session', exact: true })

/** An account of Ada's with these limits, and a browser that has just signed in under them. */
export async function begin(
  page: Page,
  curfew: Curfew,
  idle: number,
  absolute: number,
  /** How many seconds the browser's clock is ahead of the server's. */
  ahead = 0,
): Promise<Api> {
  const owner = await curfew.signUp()
  await limit(owner, idle, absolute)
  await page.clock.install({ time: Date.now() + ahead * 1000 })
  await enter(curfew, page, ada, '/account/sessions')
  await page.getByRole('list', { name: 'Your sessions' }).waitFor()
  return owner
}

/**
 * Stops the page's clock a little later than now: from here on nothing happens
 * by itself that waits for a time.
 */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 10_000))
}

/** Makes the page believe that it is hidden, or in sight again, as changing tabs does. */
export async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: state === 'hidden' })
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: state })
      document.dispatchEvent(new Event('visibilitychange'))
    },
    hidden ? 'hidden' : 'visible',
  )
}

/** Follows a link as a script does: no input that would count as somebody's presence. */
export async function follow(page: Page, name: string): Promise<void> {
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true })
  // A page that is just being drawn anew may have dropped the link that was found.
  await expect
    .poll(() =>
      link.evaluate((found: HTMLElement) => {
        const there = found.isConnected
        if (there) found.click()
        return there
      }),
    )
    .toBe(true)
}

/** The bodies of the refreshes that a browser sends from now on. */
export function refreshes(page: Page): Record<string, unknown>[] {
  const sent: Record<string, unknown>[] = []
  page.context().on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/auth/refresh')) {
      sent.push(request.postDataJSON() ?? {})
    }
  })
  return sent
}
