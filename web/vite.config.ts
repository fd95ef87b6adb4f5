import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { chunks, compress } from './plugins.ts'

// `npm run dev` serves the pages with hot reload and passes everything else on
// to a running Curfew, whose address CURFEW_DEV_SERVER may name.
const server = process.env.CURFEW_DEV_SERVER ?? 'http://127.0.0.1:8080'
const passedOn = [
  '/api',
  '/.well-known',
  '/docs',
  '/problems',
  '/openapi.json',
  '/openapi.yaml',
  '/healthz',
  '/readyz',
]

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), tailwind(), chunks(), compress()],
  // The packages' sources, so that a change of one shows at once.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    // Origin and Host become Curfew's own, which refuses foreign ones.
    proxy: Object.fromEntries(
      passedOn.map((path) => [path, { target: server, changeOrigin: true, headers: { origin: server } }]),
    ),
  },
  build: {
    outDir: fileURLToPath(new URL('./dist', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The oldest that the parts' style sheet is for: older ones do not know light-dark().
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // Nothing may stand inline in the pages (Content-Security-Policy).
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
})
