import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Where Curfew is. An origin: the browser calls it across origins, and Curfew
// must allow ours. A path: this server passes what is below it on.
const curfew = process.env.CURFEW_URL ?? 'http://127.0.0.1:8090'
const through = process.env.CURFEW_PATH ?? ''

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  define: { __CURFEW_URL__: JSON.stringify(through || curfew) },
  server: {
    host: '127.0.0.1',
    port: 5174,
    strictPort: true,
    proxy: through
      ? {
          [through]: {
            target: curfew,
            changeOrigin: true,
            headers: { origin: curfew },
            rewrite: (path) => path.slice(through.length),
          },
        }
      : {},
  },
})
