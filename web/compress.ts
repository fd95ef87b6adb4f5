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
