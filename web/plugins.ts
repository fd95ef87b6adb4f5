import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const worthIt = /\.(js|css|svg|html|json|txt)$/

/**
 * Writes a .br and a .gz beside each built file that compresses, so that the
 * server only picks one.
 */
export function compress(): Plugin {
  let dir = ''
  return {
    name: 'curfew-compress',
    apply: 'build',
    configResolved(config) {
      dir = config.build.outDir
    },
    async closeBundle() {
      const files = await readdir(dir, { recursive: true, withFileTypes: true })
      await Promise.all(
        files
          .filter((f) => f.isFile() && worthIt.test(f.name))
          .map(async (f) => {
            const path = join(f.parentPath, f.name)
            const content = await readFile(path)
            const [br, gz] = await Promise.all([
              promisify(brotliCompress)(content, {
                params: {
                  [constants.BROTLI_PARAM_QUALITY]: 11,
                  [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
                },
              }),
              promisify(gzip)(content, { level: 9 }),
            ])
            await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)])
          }),
      )
    },
  }
}

/**
 * Writes what each chunk imports into chunks.json, beside the build and not in
 * it, for whoever measures the first load of a page.
 */
export function chunks(): Plugin {
  return {
    name: 'curfew-chunks',
    apply: 'build',
    async writeBundle(_, bundle) {
      const list = Object.values(bundle).flatMap((part) =>
        part.type === 'chunk'
          ? [
              {
                file: part.fileName,
                page: part.facadeModuleId?.match(/\/src\/routes\/([\w-]+)\.tsx$/)?.[1] ?? null,
                isEntry: part.isEntry,
                imports: part.imports,
              },
            ]
          : [],
      )
      await writeFile(new URL('./chunks.json', import.meta.url), `${JSON.stringify(list, null, 2)}\n`)
    },
  }
}
