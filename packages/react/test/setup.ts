import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

// Time is fake in these tests; a slow machine is no failure.
vi.setConfig({ testTimeout: 30_000 })

// Testing Library lets pending work happen after each event, and knows fake
// time only by this name.
vi.stubGlobal('jest', { advanceTimersByTime: (ms: number) => vi.advanceTimersByTime(ms) })

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.restoreAllMocks()
  document.title = ''
  Object.defineProperty(navigator, 'onLine', { value: true, configurable: true })
})
