import { readdir, readFile, writeFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/internal.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  clean: true,
  treeshake: true,
  external: ['react', 'react/jsx-runtime', '@curfew/client'],
  async onSuccess() {
    await writeFile('dist/styles.css', await readFile('src/styles.css'))
    // Frameworks with server components take all of this as the browser's
    // part. Put in last: the tree shaking takes directives out.
    for (const file of await readdir('dist')) {
      if (file.endsWith('.js'))
        await writeFile(`dist/${file}`, `'use client'\n${await readFile(`dist/${file}`)}`)
    }
  },
})
