import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test as onSQLite } from './harness'

const binary =
  process.env.CURFEW_TEST_POSTGRES ?? fileURLToPath(new URL('../../bin/postgres-test', import.meta.url))

/** The harness's test, with its Curfew over a new database on a real PostgreSQL. */
export const test = onSQLite.extend<object, { newDatabase: () => Promise<string> }>({
  newDatabase: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner wants the pattern
    async ({}, use) => {
      const server = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] })
      const ended = new Promise<never>((_, reject) => {
        server.on('error', reject)
        server.on('exit', (code) => reject(new Error(`postgres-test ended with ${code}`)))
      })
      const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]()
      await use(async () => {
        server.stdin.write('\n')
        const { value } = await Promise.race([lines.next(), ended])
        return value
      })
      // It ends when nothing more is asked, and takes its folder along.
      server.stdin.end()
      await ended.catch(() => {})
    },
    { scope: 'worker' },
  ],
  serverEnvironment: async ({ newDatabase }, use) => use({ CURFEW_DATABASE_URL: await newDatabase() }),
})
