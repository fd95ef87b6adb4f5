import { readdir, readFile, writeFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'

/** The one stylesheet that is published: the files that src/styles.css names, in its order. */
async function stylesheet() {
  const list = await readFile('src/styles.css', 'utf8')
  const names = [...list.matchAll(/^@import "(.+)";$/gm)].map(([, name]) => name)
  const files = await Promise.all(names.map((name) => readFile(`src/${name}`, 'utf8')))
  const all = [list.replaceAll(/^@import ".+";\n/gm, ''), ...files].join('\n')
  if (all.includes('@import')) throw new Error('src/styles.css imports in a way that this does not know')
  return all
}

export default defineConfig({
  entry: ['src/index.ts', 'src/internal.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  clean: true,
  treeshake: true,
  external: ['react', 'react/jsx-runtime', '@curfew/client'],
  async onSuccess() {
    await writeFile('dist/styles.css', await stylesheet())
    // Frameworks with server components take all of this as the browser's
    // part. Put in last: the tree shaking takes directives out.
    for (const file of await readdir('dist')) {
      if (file.endsWith('.js'))
        await writeFile(`dist/${file}`, `'use client'\n${await readFile(`dist/${file}`)}`)
    }
  },
})
