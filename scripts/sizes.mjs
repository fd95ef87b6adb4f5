// Holds what people download to its limits, in kB of gzip: node scripts/sizes.mjs
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const kB = (bytes) => bytes / 1000
let failed = false

function judge(name, bytes, limit) {
  const over = kB(bytes) > limit
  failed ||= over
  console.log(`${over ? 'OVER' : 'ok  '} ${name}: ${kB(bytes).toFixed(1)} kB of ${limit}`)
}

async function bundled(entry, external) {
  const out = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external,
    write: false,
  })
  return gzipSync(out.outputFiles[0].contents, { level: 9 }).length
}

judge('@curfew/client', await bundled('packages/client/dist/index.js', []), 6)
judge(
  '@curfew/react on top of it',
  await bundled('packages/react/dist/index.js', ['react', 'react/jsx-runtime', '@curfew/client']),
  14,
)

// The first load of a page: the entry, what it imports, and the page's own
// chunk with what that imports.
const manifest = JSON.parse(readFileSync('web/dist/.vite/manifest.json', 'utf8'))
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
function load(key, into = new Set()) {
  if (into.has(key)) return into
  into.add(key)
  for (const imported of manifest[key].imports ?? []) load(imported, into)
  return into
}
const size = (keys) =>
  [...keys].reduce((sum, key) => sum + readFileSync(`web/dist/${manifest[key].file}.gz`).length, 0)
const pages = (manifest[entry].dynamicImports ?? []).map((key) => ({
  key,
  bytes: size(load(key, load(entry))),
}))
pages.sort((a, b) => b.bytes - a.bytes)
for (const page of pages) judge(`first load of ${page.key}`, page.bytes, 160)

process.exit(failed ? 1 : 0)
