import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import type Axe from 'axe-core'
import { expect } from './harness'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const rules = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Holds a page to the rules in all its looks. */
export async function judgeLooks(page: Page, name: string) {
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of ['light', 'dark'] as const) {
      // Colours that are on their way from one look to the other are of neither.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
      await judge(page, `${name}, ${colorScheme}, ${width}`)
    }
  }
}

/** No violations, one h1 and title, and nothing to scroll sideways for. */
export async function judge(page: Page, name: string) {
  // A document keeps the rules for each of its looks. The pages have no frames.
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(rules)
  const { found, ran, frames, width, room } = await page.evaluate(async (values) => {
    const { axe } = window as unknown as { axe: typeof Axe }
    const { violations, passes } = await axe.run(document, {
      runOnly: { type: 'tag', values },
      resultTypes: ['violations'],
    })
    return {
      found: violations.map(({ id, nodes }) => ({
        id,
        at: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
      })),
      ran: passes.length,
      frames: window.frames.length,
      width: document.documentElement.scrollWidth,
      room: window.innerWidth,
    }
  }, tags)
  expect.soft(found, name).toEqual([])
  expect.soft(ran, `${name}: rules that found something to hold`).toBeGreaterThan(5)
  expect.soft(frames, `${name}: frames`).toBe(0)
  expect.soft(width, `${name}: sideways scroll`).toBeLessThanOrEqual(room)
}
