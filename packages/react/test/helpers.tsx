import { act, render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { type ReactNode, StrictMode } from 'react'
import { vi } from 'vitest'
import { createFakeClient, type FakeClient } from '../src/dev/fake-client'
import { CurfewProvider, type CurfewProviderProps } from '../src/index'

/** Noon of a working day: everything in tests happens around it. */
export const noon = new Date('2026-03-10T12:00:00Z').getTime()

export const iso = (minutesFromNoon: number) => new Date(noon + minutesFromNoon * 60_000).toISOString()

/** Fake time at noon, a fake client, and a person who presses keys within that time. */
export function setUp(set?: (fake: FakeClient) => void) {
  vi.useFakeTimers({ now: noon })
  const fake = createFakeClient()
  set?.(fake)
  const user = settled(userEvent.setup({ advanceTimers: vi.advanceTimersByTime }))
  const show = (ui: ReactNode, props: Omit<CurfewProviderProps, 'client' | 'children'> = {}) =>
    render(
      <StrictMode>
        <CurfewProvider client={fake.client} locale="en-US" {...props}>
          {ui}
        </CurfewProvider>
      </StrictMode>,
    )
  return { fake, user, show, called: (name: string) => fake.calls.filter(([n]) => n === name) }
}

/** A person who looks at what came of each press before the next. */
function settled<T extends object>(user: T): T {
  return new Proxy(user, {
    get:
      (target, name) =>
      async (...args: unknown[]) => {
        await (Reflect.get(target, name) as (...args: unknown[]) => Promise<void>)(...args)
        await pass()
      },
  })
}

/** Lets time pass, and what waits for it happen. */
export const pass = (ms = 0) => act(() => vi.advanceTimersByTimeAsync(ms))

/** Turns the network off or on, as the browser tells it. */
export function setOnline(online: boolean) {
  Object.defineProperty(navigator, 'onLine', { value: online, configurable: true })
  return act(async () => {
    window.dispatchEvent(new Event(online ? 'online' : 'offline'))
    await vi.advanceTimersByTimeAsync(0)
  })
}

/** A promise that the test settles when it wants to. */
export function held<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
