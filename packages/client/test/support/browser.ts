import { IDBFactory } from 'fake-indexeddb'
import { type Client, type ClientOptions, createClient, type Environment } from '../../src/index'
import type { Server } from './server'
import type { World } from './world'

/** An event target whose events can be real input, which scripts cannot make. */
export class Target {
  private listeners = new Map<string, Set<(event: Event) => void>>()

  addEventListener(name: string, call: (event: Event) => void, options: AddEventListenerOptions = {}): void {
    const set = this.listeners.get(name) ?? new Set()
    this.listeners.set(name, set.add(call))
    options.signal?.addEventListener('abort', () => this.removeEventListener(name, call))
  }
  removeEventListener(name: string, call: (event: Event) => void): void {
    this.listeners.get(name)?.delete(call)
  }
  fire(name: string, extra: object = {}): void {
    for (const call of [...(this.listeners.get(name) ?? [])])
      call({ type: name, isTrusted: true, ...extra } as unknown as Event)
  }
  get count(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0)
  }
}

class FakeStorage {
  readonly items = new Map<string, string>()
  getItem(key: string): string | null {
    return this.items.get(key) ?? null
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value)
  }
  removeItem(key: string): void {
    this.items.delete(key)
  }
}

interface Request {
  tab: Tab
  name: string
  grant: () => void
}

/** Web Locks: first come, first served; a tab that is closed lets go. */
class FakeLocks {
  private held = new Map<string, Request>()
  private queue: Request[] = []

  for(tab: Tab): LockManager {
    return {
      request: (name: string, options: LockOptions, work: () => Promise<unknown>) =>
        this.request(tab, name, options, work),
    } as unknown as LockManager
  }

  request(
    tab: Tab,
    name: string,
    options: { signal?: AbortSignal },
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        tab,
        name,
        grant: () => {
          this.held.set(name, request)
          const release = () => this.release(request)
          Promise.resolve().then(work).then(resolve, reject).finally(release)
        },
      }
      options.signal?.addEventListener('abort', () => {
        const at = this.queue.indexOf(request)
        if (at < 0) return
        this.queue.splice(at, 1)
        reject(options.signal?.reason)
      })
      this.queue.push(request)
      this.pump(name)
    })
  }

  close(tab: Tab): void {
    this.queue = this.queue.filter((request) => request.tab !== tab)
    for (const request of [...this.held.values()]) if (request.tab === tab) this.release(request)
  }

  private release(request: Request): void {
    if (this.held.get(request.name) !== request) return
    this.held.delete(request.name)
    this.pump(request.name)
  }

  private pump(name: string): void {
    if (this.held.has(name)) return
    const at = this.queue.findIndex((request) => request.name === name)
    if (at >= 0) this.queue.splice(at, 1)[0]?.grant()
  }
}

export interface Abilities {
  locks: boolean
  channel: boolean
  storage: boolean
}

/** One browser: a cookie jar, storage, locks and channels that its tabs share. */
export class Browser {
  cookie: string | null = null
  readonly indexedDB = new IDBFactory()
  readonly localStorage = new FakeStorage()
  readonly locks = new FakeLocks()
  readonly lines = new Set<{ name: string; tab: Tab; hear: (data: unknown) => void }>()
  readonly messages: { t: string; [key: string]: unknown }[] = []
  /** How long a message takes to the other tabs. */
  messageDelay = 2

  constructor(
    readonly world: World,
    readonly server: Server,
    readonly can: Abilities = { locks: true, channel: true, storage: true },
  ) {}

  tab(options: ClientOptions & { navigation?: string; hidden?: boolean } = {}): Tab {
    return new Tab(this, options)
  }

  /** Tabs that have restored the session. */
  async tabs(count: number): Promise<[Tab, Tab, Tab, ...Tab[]]> {
    const all = Array.from({ length: count }, () => this.tab())
    for (const tab of all) tab.client.start()
    await this.world.advance(300)
    // The caller takes no more than it asked for.
    return all as [Tab, Tab, Tab]
  }
}

/** One tab with a client of its own. */
export class Tab {
  readonly window = new Target()
  readonly document = new Target() as Target & { visibilityState: string }
  readonly client: Client
  closed = false
  frozen = false
  /** Requests that this tab has made, as "METHOD /path". */
  readonly requests: string[] = []

  constructor(
    readonly browser: Browser,
    options: ClientOptions & { navigation?: string; hidden?: boolean },
  ) {
    const { world, can } = browser
    const { navigation = 'reload', hidden = false, environment, ...rest } = options
    this.document.visibilityState = hidden ? 'hidden' : 'visible'
    Object.assign(this.window, {
      location: new URL('https://app.example.com/account'),
      performance: { getEntriesByType: () => [{ type: navigation }] },
    })
    const tab = this
    class Line {
      onmessage: ((event: MessageEvent) => void) | null = null
      private entry: { name: string; tab: Tab; hear: (data: unknown) => void }
      constructor(name: string) {
        this.entry = { name, tab, hear: (data) => this.onmessage?.({ data } as MessageEvent) }
        browser.lines.add(this.entry)
      }
      postMessage(data: { t: string }): void {
        browser.messages.push(structuredClone(data))
        for (const line of [...browser.lines]) {
          if (line === this.entry || line.name !== this.entry.name) continue
          const copy = structuredClone(data)
          world.setTimeout(
            () => browser.lines.has(line) && !line.tab.frozen && line.hear(copy),
            browser.messageDelay,
          )
        }
      }
      close(): void {
        browser.lines.delete(this.entry)
      }
    }
    this.client = createClient({
      ...rest,
      environment: {
        fetch: browser.server.fetchFor(tab),
        now: world.now,
        monotonic: world.monotonic,
        setTimeout: (call, ms) => world.setTimeout(() => !tab.closed && call(), ms),
        clearTimeout: world.clearTimeout,
        window: this.window as unknown as Window,
        document: this.document as unknown as Document,
        locks: can.locks ? browser.locks.for(tab) : undefined,
        indexedDB: can.storage ? browser.indexedDB : undefined,
        localStorage: can.storage ? (browser.localStorage as unknown as Storage) : undefined,
        BroadcastChannel: can.channel ? (Line as unknown as typeof BroadcastChannel) : undefined,
        crypto: globalThis.crypto,
        ...(environment as Partial<Environment>),
      },
    })
  }

  get state() {
    return this.client.session.get()
  }
  get status() {
    return this.state.status
  }
  get reason() {
    const state = this.state
    return state.status === 'signed-out' ? state.reason : undefined
  }
  get generation() {
    const state = this.state
    return state.status === 'signed-in' ? state.session.generation : 0
  }
  get expiry() {
    return this.client.expiry.get()
  }

  input(name = 'pointermove', extra: object = {}): void {
    this.window.fire(name, extra)
  }
  show(visible = true): void {
    this.document.visibilityState = visible ? 'visible' : 'hidden'
    this.document.fire('visibilitychange')
  }

  /** Closes the tab in the middle of whatever it does. */
  close(): void {
    this.closed = true
    for (const line of [...this.browser.lines]) if (line.tab === this) this.browser.lines.delete(line)
    this.browser.locks.close(this)
  }
}
