import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/react'
import { afterEach } from 'vitest'

// An address to be at: about:blank has no origin that anything could be the same as.
const page = window as unknown as { happyDOM?: { setURL(url: string): void } }
page.happyDOM?.setURL('http://localhost:3000/')

afterEach(cleanup)
