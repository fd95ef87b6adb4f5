import { defineConfig } from '@playwright/test'

// Every test starts a Curfew of its own, on a port of its own with a database
// of its own, so tests run beside each other.
export default defineConfig({
  testDir: './e2e',
  outputDir: './test-results',
  // For a machine that is busy with much else; on a quiet one nothing takes a tenth of it.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  fullyParallel: true,
  workers: 2,
  // A test that fails now and then has a defect, or shows one: a second try would hide it.
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: process.env.CI ? [['dot']] : [['list']],
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: process.env.CURFEW_TEST_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
