import type { AuditEvent } from '@curfew/client'
import { act, render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { List } from '../src/audit/list'
import type { Context } from '../src/audit/sentence'

const seen = new Set<Watcher>()

/** Says what comes near the screen when the test says so. */
class Watcher implements IntersectionObserver {
  readonly root = null
  readonly rootMargin = ''
  readonly scrollMargin = ''
  readonly thresholds = []
  readonly watched = new Set<Element>()
  constructor(readonly told: IntersectionObserverCallback) {
    seen.add(this)
  }
  observe(node: Element) {
    this.watched.add(node)
  }
  unobserve(node: Element) {
    this.watched.delete(node)
  }
  disconnect() {
    this.watched.clear()
  }
  takeRecords() {
    return []
  }
}

const part = (at: number) => document.querySelector<HTMLElement>(`[data-part="${at}"]`) as HTMLElement

function comes(at: number, isIntersecting: boolean) {
  for (const watcher of seen) {
    if (!watcher.watched.has(part(at))) continue
    const entry = { target: part(at), isIntersecting } as unknown as IntersectionObserverEntry
    act(() => watcher.told([entry], watcher))
  }
}

const press = (row: HTMLElement) => act(() => row.click())

const context: Context = {
  names: new Map(),
  format: { duration: String, ago: () => 'long ago', exact: (iso) => iso },
}

function page(from: number, count: number): { items: AuditEvent[] } {
  const items = Array.from({ length: count }, (_, n) => ({
    id: `e${from + n}`,
    occurred_at: new Date(2026, 0, 20, 12, 0, -(from + n)).toISOString(),
    action: 'account.update',
    actor: { type: 'user' as const, id: '', name: 'Ada', email: 'ada@example.com' },
    resource_type: 'account',
    resource_id: 'a',
    ip: '192.0.2.7',
    user_agent: '',
    details: { old: '', new: `Acme ${from + n}` },
  }))
  return { items }
}

const pages = [page(0, 100), page(100, 100)]
// By tag: roles of hundreds of elements take seconds to work out here.
const rows = (at: number) => [...part(at).querySelectorAll('button')]
const buttons = (at: number) => rows(at).length

/** Which parts have whole rows. */
const whole = () => [0, 1, 2, 3, 4, 5, 6, 7].filter((at) => buttons(at) > 0)

describe('the audit log’s list', () => {
  beforeEach(() => vi.stubGlobal('IntersectionObserver', Watcher))
  afterEach(() => vi.unstubAllGlobals())

  it('has every event, in order, though few have whole rows', () => {
    render(<List pages={pages} context={context} />)
    const texts = [...document.querySelectorAll('ol > li')].map((row) => row.textContent)
    expect(texts).toHaveLength(200)
    expect(texts[60]).toBe('Ada renamed the account to Acme 60\nlong ago')
    for (const [n, text] of texts.entries()) expect(text).toContain(`Acme ${n}`)
    // The first, the last, and where a page begins.
    expect(whole()).toEqual([0, 4, 7])
    expect(document.querySelectorAll('h2')).toHaveLength(1)
  })

  it('gives whole rows to what comes near the screen, and takes them when it goes', () => {
    render(<List pages={pages} context={context} />)
    comes(2, true)
    expect(whole()).toEqual([0, 2, 4, 7])
    comes(2, false)
    comes(4, false)
    comes(0, false)
    comes(7, false)
    expect(whole()).toEqual([0, 7])
  })

  it('leaves a part alone in which a row is open', () => {
    render(<List pages={pages} context={context} />)
    comes(2, true)
    press(rows(2)[3] as HTMLElement)
    press(rows(0)[0] as HTMLElement)
    expect(document.querySelectorAll('section[aria-label=Details]')).toHaveLength(2)
    comes(2, false)
    expect(buttons(2)).toBe(25)
    press(rows(2)[3] as HTMLElement)
    press(rows(0)[3] as HTMLElement)
    expect(buttons(2)).toBe(0)
  })

  it('keeps the part where the keyboard is, and those beside it', () => {
    render(<List pages={pages} context={context} />)
    comes(4, false)
    comes(2, true)
    act(() => rows(2)[24]?.focus())
    comes(2, false)
    expect(whole()).toEqual([0, 1, 2, 3, 7])
    expect(document.activeElement).toHaveTextContent('Acme 74')
    act(() => rows(3)[0]?.focus())
    expect(whole()).toEqual([0, 2, 3, 4, 7])
  })
})
