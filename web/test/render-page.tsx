import type { Client } from '@curfew/client'
import { CurfewProvider } from '@curfew/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  type RouteComponent,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import { StrictMode } from 'react'
import { Root } from '../src/layout/root'
import { continueSearch } from '../src/search/continue'
import { loginSearch } from '../src/search/login'

/**
 * Shows a page at an address, in strict mode as in the product, within a router
 * that knows the other addresses by name only.
 */
export function renderPage(client: Client, at: string, pages: Record<string, RouteComponent>) {
  const root = createRootRoute({ component: Root })
  const others = ['/', '/login', '/setup', '/invite', '/reset', '/forgot', '/account', '/account/security']
  const paths = [...new Set([...Object.keys(pages), ...others])]
  const router = createRouter({
    routeTree: root.addChildren(
      paths.map((path) =>
        createRoute({
          getParentRoute: () => root,
          path,
          component: pages[path] ?? (() => <h1>{`The page ${path}`}</h1>),
          validateSearch: { '/login': loginSearch, '/continue': continueSearch }[path],
        }),
      ),
    ),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <StrictMode>
      <CurfewProvider client={client} locale="en-US">
        <QueryClientProvider client={queries}>
          {/* biome-ignore lint/suspicious/noExplicitAny: the app's router is registered as the only type. */}
          <RouterProvider router={router as any} />
        </QueryClientProvider>
      </CurfewProvider>
    </StrictMode>,
  )
  return { router, href: () => router.state.location.href }
}
