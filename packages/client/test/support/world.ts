/**
 * A world whose time moves only when a test says so. Wall clock and forward
 * clock are apart, because in sleep one goes on and the other stands still.
 */
export class World {
  /** The true time: the server's clock. */
  time: number
  /** What the device's wall clock shows beyond the true time. */
  skew = 0
  private mono = 1000
  private serial = 0
  private moving = false
  private timers = new Map<number, { at: number; call: () => void }>()

  constructor(start = '2026-03-02T09:00:00.000Z') {
    this.time = Date.parse(start)
  }

  now = () => this.time + this.skew
  monotonic = () => this.mono
  setTimeout = (call: () => void, ms: number): number => {
    this.timers.set(++this.serial, { at: this.mono + Math.max(0, ms), call })
    return this.serial
  }
  clearTimeout = (handle: unknown): void => {
    this.timers.delete(handle as number)
  }
  wait = (ms: number) => new Promise<void>((done) => this.setTimeout(done, ms))

  get pending(): number {
    return this.timers.size
  }

  /** Lets everything that is ready run: promises and the fake IndexedDB. */
  async settle(): Promise<void> {
    for (let i = 0; i < 25; i++) await new Promise((done) => setImmediate(done))
  }

  /** Moves both clocks, firing each timer at its moment. */
  async advance(ms: number): Promise<void> {
    if (this.moving) throw new Error('time is moving already')
    this.moving = true
    const end = this.mono + ms
    await this.settle()
    for (;;) {
      let next: [number, { at: number; call: () => void }] | undefined
      for (const entry of this.timers)
        if (entry[1].at <= end && (!next || entry[1].at < next[1].at)) next = entry
      if (!next) break
      this.timers.delete(next[0])
      this.time += Math.max(0, next[1].at - this.mono)
      this.mono = Math.max(this.mono, next[1].at)
      next[1].call()
      await this.settle()
    }
    this.time += Math.max(0, end - this.mono)
    this.mono = Math.max(this.mono, end)
    this.moving = false
  }

  /** Closes the lid: time passes, no timer fires, the forward clock stands still. */
  sleep(ms: number): void {
    this.time += ms
  }

  /** A device whose forward clock counts sleep, as some do; its timers still did not fire. */
  sleepCounted(ms: number): void {
    this.time += ms
    this.mono += ms
  }
}
