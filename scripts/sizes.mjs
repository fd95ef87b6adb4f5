// Holds what people download to its limits, in kB of gzip: node scripts/sizes.mjs
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const kB = (bytes) => bytes / 1000
let failed = false

function judge(name, bytes, limit) {
  const over = kB(bytes) > limit
  failed ||= over
  console.log(`${over ? 'OVER' : 'ok  '} ${name}: ${kB(bytes).toFixed(1)} kB of ${limit}`)
}

const later = {
  name: 'leaves out what loads later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : null)),
}

async function bundled(entry, external, plugins = []) {
  const out = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external,
    plugins,
    write: false,
  })
  return gzipSync(out.outputFiles[0].contents, { level: 9 }).length
}

const react = ['packages/react/dist/index.js', ['react', 'react/jsx-runtime', '@curfew/client']]
judge('@curfew/client', await bundled('packages/client/dist/index.js', []), 7.5)
judge('@curfew/react on top of it', await bundled(...react, [later]), 14)
judge('@curfew/react with the policy form and the receipt board, which load when they are shown', await bundled(...react), 21)

// The first load of a page: the entry, what it imports, and the page's own
// chunk with what that imports.
if (!existsSync('web/chunks.json')) {
  console.error('web/chunks.json is missing: it is written by the build of the pages. Run: make web')
  process.exit(1)
}
const chunks = new Map(JSON.parse(readFileSync('web/chunks.json', 'utf8')).map((chunk) => [chunk.file, chunk]))
function load(file, into) {
  if (into.has(file)) return into
  into.add(file)
  for (const imported of chunks.get(file).imports) load(imported, into)
  return into
}
const size = (files) => [...files].reduce((sum, file) => sum + readFileSync(`web/dist/${file}.gz`).length, 0)
const entry = [...chunks.values()].find((chunk) => chunk.isEntry).file
const pages = [...chunks.values()]
  .filter((chunk) => chunk.page)
  .map((chunk) => ({ page: chunk.page, bytes: size(load(chunk.file, load(entry, new Set()))) }))
  .sort((a, b) => b.bytes - a.bytes)
if (pages.length < 5) throw new Error('web/chunks.json names too few pages')
for (const { page, bytes } of pages) judge(`first load of the page ${page}`, bytes, 160)

process.exit(failed ? 1 : 0)
