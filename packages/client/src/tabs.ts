import { heard, inputs, touch } from './activity'
import { announce, type Core, type Message } from './core'
import { fits, sessionShape } from './http'
import { hush } from './refresh'
import { dismissed, tick } from './schedule'
import { adopt, cancel, checkQuietly, finish } from './session'

/** What another tab says. */
export function receive(core: Core, message: Message): void {
  const { known } = core
  // Another tab may run another version of this package.
  if (message.t === 'session' && fits(message.known, sessionShape)) {
    const { session } = message.known
    if (known?.session.id !== session.id && Date.parse(session.started_at) <= core.newest) return
    // Both use the device's clock: better than none.
    if (core.best === Infinity) core.offset = message.offset
    adopt(core, message.known, false)
    hush(core, false)
  } else if (message.t === 'signed-out') {
    if (known?.session.id === message.id) finish(core, message.reason, false)
    // It speaks of a session that is not this tab's: the server knows better.
    else if (known) checkQuietly(core)
  } else if (message.t === 'input') touch(core, message.at)
  else if (message.t === 'dismissed') dismissed(core, message.deadline)
  else if (message.t === 'policy-changed') announce(core, 'policy-changed', { etag: message.etag })
  else if (message.t === 'hush') hush(core, message.on)
}

/** Opens the line to the other tabs, if it is not. */
export function open(core: Core): void {
  if (core.line || !core.env.BroadcastChannel) return
  core.line = new core.env.BroadcastChannel(core.name)
  core.line.onmessage = (event) => event.data && receive(core, event.data)
}

/** Closes it. */
export function close(core: Core): void {
  core.line?.close()
  core.line = null
}

/** Listens to the page until `core.life` ends. */
export function watch(core: Core, trackInput: boolean): void {
  const { window, document } = core.env
  core.life = new AbortController()
  const { signal } = core.life
  const on = (
    target: EventTarget | undefined,
    names: string[],
    call: (event: Event) => void,
    capture = false,
  ) => {
    for (const name of names) target?.addEventListener(name, call, { passive: true, capture, signal })
  }
  const back = ({ type, persisted }: Event & { persisted?: boolean }) => {
    if (type === 'pagehide') {
      close(core)
      cancel(core)
      return
    }
    open(core)
    // Back from the back/forward cache: the world may have moved on.
    if (persisted) checkQuietly(core)
    if (document?.visibilityState !== 'hidden') tick(core, true)
  }
  on(window, ['pagehide', 'pageshow', 'focus', 'online'], back)
  on(document, ['visibilitychange', 'resume'], back)
  if (trackInput) on(window, inputs, (event) => heard(core, event), true)
}
