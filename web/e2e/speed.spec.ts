import http from 'node:http'
import type { Browser, Page } from '@playwright/test'
import { ada, type Curfew, expect, signIn, test } from './harness'

// A trace takes a picture of the whole page at every press, and would be measured along.
test.use({ trace: 'off' })

// Other work on the machine makes the page's own somewhat slower: the best of a few tries counts.
const tries = 3

interface Load {
  lcp: number
  /** Milliseconds that the page's thread was at work for it. */
  busy: number
  shifts: number
  script: number
}

/** Collects from the first moment what the browser says of the page's load. */
function observe() {
  const seen = { lcp: 0, shifts: 0 }
  Object.assign(window, { seen })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.lcp = Math.max(seen.lcp, entry.startTime)
  }).observe({ type: 'largest-contentful-paint', buffered: true })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
      seen.shifts += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
}

async function load(page: Page, url: string, ready: string | RegExp): Promise<Load> {
  const busy = await work(page, async () => {
    await page.goto(url)
    await expect(page.getByText(ready).first()).toBeVisible()
    await page.waitForLoadState('networkidle')
  })
  const seen = await page.evaluate(() => {
    const { seen } = window as unknown as { seen: { lcp: number; shifts: number } }
    const script = (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
    return { ...seen, script }
  })
  return { ...seen, busy }
}

/** The cookie of a session that no page has used yet. */
async function session(browser: Browser, curfew: Curfew) {
  const context = await browser.newContext({ baseURL: curfew.url })
  await signIn(await context.newPage(), ada)
  const state = await context.storageState()
  await context.close()
  return state
}

test('the first pages take less than a second of work, do not jump, and bring little code', async ({
  browser,
  curfew,
}) => {
  test.slow()
  await curfew.signUp()
  for (const [path, ready, signedIn] of [
    ['/login', 'You stay signed in for up to', false],
    ['/account/security', 'open session', true],
  ] as const) {
    const loads: Load[] = []
    for (let n = 0; n < tries; n++) {
      // Nothing is in this browser's cache yet.
      const storageState = signedIn ? await session(browser, curfew) : undefined
      const context = await browser.newContext({ storageState })
      await context.addInitScript(observe)
      loads.push(await load(await context.newPage(), curfew.url + path, ready))
      await context.close()
      if ((loads.at(-1)?.busy ?? 0) < 1000) break
    }
    const said = `${path}: ${JSON.stringify(loads)}`
    // The time until the largest paint is for whoever reads it: a busy machine changes it.
    test.info().annotations.push({ type: path, description: JSON.stringify(loads) })
    for (const { lcp, busy, shifts, script } of loads) {
      expect(lcp, said).toBeGreaterThan(0)
      expect(busy, said).toBeGreaterThan(0)
      expect(shifts, said).toBe(0)
      expect(script, said).toBeGreaterThan(50_000)
      expect(script, said).toBeLessThan(160_000)
    }
    expect(Math.min(...loads.map(({ busy }) => busy)), said).toBeLessThan(1000)
  }
})

const many = 10_000

/** An account whose log has ten thousand events: one for each new name. */
async function crowdedLog(curfew: Curfew): Promise<void> {
  const agent = new http.Agent({ keepAlive: true })
  const send = (method: string, path: string, body: object, token = '') =>
    new Promise<{ access_token: string }>((resolve, reject) => {
      const headers = {
        'Content-Type': 'application/json',
        ...(token && { Authorization: `Bearer ${token}` }),
      }
      const request = http.request(`${curfew.url}/api/v1${path}`, { method, agent, headers }, (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () =>
          answer.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text)),
        )
      })
      request.on('error', reject)
      request.end(JSON.stringify(body))
    })
  await curfew.signUp()
  const { access_token } = await send('POST', '/auth/login', {
    email: ada.email,
    password: 'correct horse battery staple',
  })
  let made = 0
  const worker = async () => {
    while (made < many) await send('PATCH', '/users/me', { name: `Ada Lovelace ${made++}` }, access_token)
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  agent.destroy()
}

/**
 * How many milliseconds of work the page's one thread has had with something,
 * all its tasks together: nothing kept anybody waiting for longer than that. It
 * is the thread's own time, which other work on the machine does not lengthen.
 */
async function work(page: Page, act: () => Promise<unknown>): Promise<number> {
  const browser = await page.context().newCDPSession(page)
  await browser.send('Performance.enable', { timeDomain: 'threadTicks' })
  const soFar = async () => {
    const { metrics } = await browser.send('Performance.getMetrics')
    const spent = metrics.find(({ name }) => name === 'TaskDuration')?.value
    if (spent === undefined) throw new Error('the browser does not tell what its tasks took')
    return spent * 1000
  }
  const before = await soFar()
  await act()
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  const spent = (await soFar()) - before
  await browser.detach()
  return spent
}

/**
 * Presses "Load older" until so many events are there; in the page itself, as the
 * test's own search for the button would be measured along.
 */
async function loadUpTo(page: Page, count: number): Promise<void> {
  await page.evaluate(async (count) => {
    const loaded = () => document.querySelectorAll('.audit-list li').length
    while (loaded() < count) {
      const before = loaded()
      document.querySelector<HTMLElement>('.audit-foot button')?.click()
      while (loaded() === before) await new Promise((done) => setTimeout(done, 5))
    }
  }, count)
}

/** Chooses what happened, in the page itself, and waits for so many events. */
async function choose(page: Page, action: string, count: number): Promise<void> {
  await page.evaluate(
    async ([action, count]) => {
      const select = document.querySelector<HTMLSelectElement>('.audit-filters select')
      if (!select) throw new Error('there is no filter')
      select.value = action
      select.dispatchEvent(new Event('change', { bubbles: true }))
      while (document.querySelectorAll('.audit-list li').length !== count)
        await new Promise((done) => setTimeout(done, 5))
    },
    [action, count] as const,
  )
}

/** How many elements the list has besides one for each event. */
const extra = (page: Page) =>
  page.evaluate(
    () =>
      document.querySelectorAll('.audit-list *').length - document.querySelectorAll('.audit-list li').length,
  )

/** The place in the list of the row that has the focus, or of what is in the middle of the screen. */
const place = (page: Page, of: 'focus' | 'middle') =>
  page.evaluate((of) => {
    const node =
      of === 'focus'
        ? document.activeElement
        : document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('button')
    const row = node?.closest('.audit-list li')
    return row ? [...document.querySelectorAll('.audit-list li')].indexOf(row) : -1
  }, of)

test('a log of ten thousand events asks no more of the browser than one of hundreds', async ({
  page,
  curfew,
}) => {
  test.setTimeout(300_000)
  await crowdedLog(curfew)
  await signIn(page, ada, '/login?return_to=/account/audit')
  // Found by class: working out thousands of roles and names takes a test seconds.
  const events = page.locator('.audit-list li')
  const whole = page.locator('.audit-line')
  await expect(events).toHaveCount(100)
  const older = async () => {
    const next = (await events.count()) + 100
    return work(page, () => loadUpTo(page, next))
  }
  const filter = async () => {
    // Ada's account, the login that made its events, and this browser.
    const spent = await work(page, () => choose(page, 'session.start', 3))
    await choose(page, '', 100)
    return [spent]
  }
  const few = { older: [await older(), await older(), await older()], filter: await filter() }
  await loadUpTo(page, many - 300)
  const all = { older: [await older(), await older(), await older()], filter: [] as number[] }
  // What is off the screen is one element for an event, be there a hundred or ten thousand.
  const [most, bound] = [300, 5000]
  expect(await whole.count()).toBeLessThan(most)
  expect(await extra(page)).toBeLessThan(bound)

  await test.step('whatever comes on the screen has its whole row, and no more have', async () => {
    for (const part of [0.5, 0.25, 0]) {
      await page.evaluate((part) => scrollTo(0, document.documentElement.scrollHeight * part), part)
      await expect
        .poll(() =>
          page.evaluate(() =>
            // Parts, not rows: to ask for a row's place lays out what is off the screen.
            [...document.querySelectorAll('.audit-part')].some((part) => {
              const { top, bottom } = part.getBoundingClientRect()
              return top < innerHeight && bottom > 0 && !part.querySelector('button')
            }),
          ),
        )
        .toBe(false)
      await expect.poll(() => whole.count()).toBeLessThan(most)
    }
  })

  await test.step('a row opens where it is, stays open off the screen, and Tab passes over none', async () => {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2))
    await expect.poll(() => place(page, 'middle')).toBeGreaterThan(0)
    const at = await place(page, 'middle')
    const middle = events.nth(at).locator('.audit-line')
    await middle.click()
    await expect(middle).toHaveAttribute('aria-expanded', 'true')
    await page.evaluate(() => scrollTo(0, 0))
    await expect(middle).toHaveAttribute('aria-expanded', 'true')
    await middle.press('Enter')
    await expect(middle).toHaveAttribute('aria-expanded', 'false')
    for (let n = 1; n <= 60; n++) {
      await page.keyboard.press('Tab')
      expect(await place(page, 'focus')).toBe(at + n)
    }
    expect(await whole.count()).toBeLessThan(most)
  })

  all.filter = await filter()
  // The thread's own time: a busy machine does not change how the two compare.
  for (const what of ['older', 'filter'] as const) {
    const said = `${what}, ms of main thread: ${few[what].map(Math.round)} with hundreds, ${all[what].map(Math.round)} with ten thousand`
    test.info().annotations.push({ type: 'cost', description: said })
    expect(Math.min(...few[what]), said).toBeGreaterThan(0)
    expect(Math.min(...all[what]), said).toBeLessThan(3 * Math.min(...few[what]))
  }
})
