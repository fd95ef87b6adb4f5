import { arriving } from '@curfew/react/internal'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { queries } from './client'
import { configQuery } from './layout/config'
import { Root } from './layout/root'
import { SignedIn } from './layout/signed-in'
import { Failure } from './routes/failure'
import { NotFound } from './routes/not-found'
import { auditSearch } from './search/audit'
import { continueSearch } from './search/continue'
import { loginSearch } from './search/login'
import { only } from './search/only'

const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: Failure })

/**
 * A page whose code comes when somebody goes there. Code that is missing with a
 * network is of a server that was updated, and loads anew by itself; without a
 * network that would put the browser's own page in place of ours.
 */
function page<M extends Record<string, unknown>, K extends keyof M & string>(
  load: () => Promise<M>,
  name: K,
) {
  return lazyRouteComponent(() => (navigator.onLine ? load() : arriving(load())), name)
}

// Asked for beside the page's code, not after it. The page itself shows failures.
const withConfig = () => {
  void queries.prefetchQuery(configQuery)
}

// Where nobody has to be signed in.
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: page(() => import('./routes/home'), 'Home'),
})
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  loader: withConfig,
  validateSearch: only(loginSearch),
  component: page(() => import('./routes/login'), 'Login'),
})
// Not asked for beside anything: most who come here are gone in a moment.
const goOn = createRoute({
  getParentRoute: () => root,
  path: '/continue',
  validateSearch: only(continueSearch),
  component: page(() => import('./routes/continue'), 'Continue'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  loader: withConfig,
  component: page(() => import('./routes/setup'), 'Setup'),
})
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite',
  loader: withConfig,
  component: page(() => import('./routes/invite'), 'Invite'),
})
const forgot = createRoute({
  getParentRoute: () => root,
  path: '/forgot',
  loader: withConfig,
  component: page(() => import('./routes/forgot'), 'Forgot'),
})
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  loader: withConfig,
  component: page(() => import('./routes/reset'), 'Reset'),
})

// Asked for beside nothing: most who come here are gone in a moment.
const portal = createRoute({
  getParentRoute: () => root,
  path: '/portal',
  component: page(() => import('./routes/portal'), 'Portal'),
})

// Where somebody is: the layout sends everybody else to sign in.
const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn })
const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: page(() => import('./routes/account'), 'Account'),
})
const security = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/security',
  component: page(() => import('./routes/security'), 'SecurityPage'),
})
const sessions = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/sessions',
  component: page(() => import('./routes/sessions'), 'YourSessions'),
})
const people = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/people',
  component: page(() => import('./routes/people'), 'People'),
})
const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/audit',
  validateSearch: only(auditSearch),
  component: page(() => import('./routes/audit'), 'Audit'),
})

// Every part in every state, to look at while working on them; not in builds.
const parts = import.meta.env.DEV
  ? [
      createRoute({
        getParentRoute: () => root,
        path: '/dev/parts',
        component: page(() => import('./routes/dev-parts'), 'DevParts'),
      }),
    ]
  : []

/** The pages by their paths. */
export const router = createRouter({
  routeTree: root.addChildren([
    home,
    login,
    goOn,
    setup,
    invite,
    forgot,
    reset,
    portal,
    signedIn.addChildren([account, security, sessions, people, audit]),
    ...parts,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
