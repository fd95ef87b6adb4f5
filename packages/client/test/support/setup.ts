import { type Abilities, Browser, type Tab } from './browser'
import { Server } from './server'
import { World } from './world'

interface Stage {
  world: World
  server: Server
  browser: Browser
}

/** A world with a server and one browser that is signed in, unless told otherwise. */
export function stage(can: Partial<Abilities> = {}, signedIn = true): Stage {
  const world = new World()
  const server = new Server(world)
  const browser = new Browser(world, server, { locks: true, channel: true, storage: true, ...can })
  if (signedIn) browser.cookie = server.signIn()
  return { world, server, browser }
}

/** A call that needs an access token; what it gives or throws. */
export const me = (tab: Tab) =>
  tab.client.api.getMe().then(
    () => 'ok',
    (error) => error,
  )

/** Waits for `promise` while time passes; gives its value or its error. */
export async function within<T>(world: World, ms: number, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  await world.advance(ms)
  return promise
}

/** The error with which `promise` rejects while time passes. */
export function errorWithin(world: World, ms: number, promise: Promise<unknown>) {
  return within(
    world,
    ms,
    promise.then(
      (value) => ({ resolved: value }),
      (error) => error,
    ),
  )
}
