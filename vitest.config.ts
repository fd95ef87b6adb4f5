import { defineConfig } from 'vitest/config'

// Tests read the packages' sources, not their builds.
const resolve = { conditions: ['source', 'module', 'browser', 'import', 'default'] }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: 'client',
          root: 'packages/client',
          include: ['test/**/*.test.ts'],
          environment: 'happy-dom',
        },
      },
      {
        resolve,
        test: {
          name: 'react',
          root: 'packages/react',
          include: ['test/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          setupFiles: ['./test/setup.ts'],
        },
      },
      {
        resolve,
        test: {
          name: 'web',
          root: 'web',
          include: ['test/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          setupFiles: ['./test/setup.ts'],
        },
      },
      {
        resolve,
        test: { name: 'vectors', root: 'vectors', include: ['*.test.ts'], environment: 'node' },
      },
    ],
  },
})
