import { fileURLToPath } from 'node:url'
import type { Locator, Page } from '@playwright/test'
import { test as base, Curfew, expect, password, signIn } from '../harness'

const folder = fileURLToPath(new URL('../../../docs/img/', import.meta.url))

/** The pictures show what happened from this number on, the same each time. */
const seed = '1'

export const looks = ['light', 'dark'] as const

/** One company that has lived, for all pictures. */
export const test = base.extend<object, { demo: Curfew }>({
  demo: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a pattern here
    async ({}, use) => {
      const demo = await Curfew.start(['--password', password, '--seed', seed], {}, 'demo')
      await use(demo)
      await demo.stop()
    },
    { scope: 'worker', timeout: 300_000 },
  ],
  curfew: async ({ demo }, use) => use(demo),
})

/** Signs in as the demo's first owner and opens a page of theirs. */
export async function open(page: Page, demo: Curfew, path: string): Promise<void> {
  const owner = /(?<email>\S+@\S+)/.exec(demo.printed.join('\n'))?.groups?.email ?? ''
  expect(owner, 'whom the demo says to sign in as').not.toBe('')
  await signIn(page, { name: '', email: owner }, `/login?return_to=${path}`)
  await still(page)
}

/** Waits until nothing loads or moves any more. */
export async function still(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.locator('.web-skeleton, .cf-skeleton')).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.mouse.move(0, 0)
}

/** Takes the window, or one part of the page with some of the ground around it, in both looks. */
export async function take(page: Page, name: string, part?: Locator, height?: number): Promise<void> {
  for (const colorScheme of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const path = `${folder}${name}-${colorScheme}.png`
    if (!part) {
      await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
      continue
    }
    await part.scrollIntoViewIfNeeded()
    const box = await part.evaluate((node) => {
      const { x, y, width, height } = node.getBoundingClientRect()
      return { x: x + window.scrollX, y: y + window.scrollY, width, height }
    })
    const around = 16
    const clip = {
      x: Math.max(0, box.x - around),
      y: Math.max(0, box.y - around),
      width: box.width + 2 * around,
      height: Math.min(box.height, height ?? box.height) + 2 * around,
    }
    await page.screenshot({ path, clip, fullPage: true, animations: 'disabled', caret: 'hide' })
  }
}
