import { defineConfig } from '@playwright/test'
import suite from './playwright.config'

// Takes the pictures of the documentation (`make pictures`). It is no test: it
// shows what the pages look like, and a person looks at what changed.
export default defineConfig({
  ...suite,
  testDir: './e2e/pictures',
  testMatch: 'pages.ts',
  timeout: 300_000,
  workers: 1,
  reporter: [['list']],
})
