// Starts Curfew with a demo account and this product in front of it.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const product = 'http://127.0.0.1:5174'

const children = [
  spawn(
    `${root}bin/curfew`,
    ['demo', '--addr', '127.0.0.1:8090', '--admin-addr', '', '--allowed-origins', product],
    { stdio: 'inherit' },
  ),
  spawn(process.execPath, [`${root}node_modules/vite/bin/vite.js`], { cwd: here, stdio: 'inherit' }),
]
process.stdout.write(
  `Kiln, a product that is not Curfew's, will be at ${product}; sign in there as printed below.\n`,
)

const stop = () => {
  for (const child of children) child.kill('SIGTERM')
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
// When one of the two ends, the other has nothing to do.
for (const child of children) {
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    stop()
  })
  child.on('exit', (code) => {
    process.exitCode ||= code ?? 0
    stop()
  })
}
