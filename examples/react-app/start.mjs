// Starts Curfew with a demo account and this product in front of it.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const curfew = '127.0.0.1:8090'
const product = 'http://127.0.0.1:5174'

const children = []
let stopping = false

// When one of the two ends, the other has nothing to do.
function start(command, args, options) {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  children.push(child)
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

function stop() {
  stopping = true
  for (const child of children) child.kill('SIGTERM')
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

start(`${root}bin/curfew`, ['demo', '--addr', curfew, '--admin-addr', '', '--allowed-origins', product])

// The product comes second, so that its address stands last, below the
// password, and nobody opens it before somebody can sign in.
const isReady = () =>
  fetch(`http://${curfew}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  )
while (!stopping && !(await isReady())) await setTimeout(250)
if (!stopping) {
  start(process.execPath, [`${root}node_modules/vite/bin/vite.js`], { cwd: here })
  process.stdout.write(
    `\nKiln, a product that is not Curfew's, is at ${product}: sign in there with one of the people above.\n`,
  )
}
