import type { Known } from './store'
import type { EndReason, Environment } from './types'

/** What tabs of one origin tell each other. Nothing of it is ever stored. */
export type Message =
  /** The session as the server last said it, with the access token: after a refresh or a sign-in. */
  | { t: 'session'; known: Known; offset: number }
  /** The session of this id (null: whichever it was) is over. */
  | { t: 'signed-out'; id: string | null; reason: EndReason | null }
  /** Somebody touched the product at this moment of the device's clock. */
  | { t: 'input'; at: number }
  /** The warning of this deadline was dismissed. */
  | { t: 'dismissed'; deadline: number }
  | { t: 'policy-changed'; etag: string | null }
  /** A sign-in or sign-out begins, so refreshes end; or it is over. */
  | { t: 'hush'; on: boolean }

/** The line between the tabs; silent while closed, and where the browser has none. */
export interface Channel {
  open(): void
  close(): void
  post(message: Message): void
}

export function createChannel(env: Environment, name: string, receive: (message: Message) => void): Channel {
  let line: BroadcastChannel | null = null
  return {
    open() {
      if (line || !env.BroadcastChannel) return
      line = new env.BroadcastChannel(name)
      line.onmessage = (event: MessageEvent) => {
        // Another tab may run another version of this package.
        if (event.data && typeof event.data.t === 'string') receive(event.data)
      }
    },
    close() {
      line?.close()
      line = null
    },
    post(message) {
      line?.postMessage(message)
    },
  }
}
