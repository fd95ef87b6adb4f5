import { createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { describe, expect, it } from 'vitest'
import { loginSearch } from '../src/search/login'
import { only } from '../src/search/only'

describe('what a page sees of its address', () => {
  it.each([
    'return_to=https%3A%2F%2Fevil.example%2Fsome%2Fpage',
    'return_to=%2F%2Fevil.example%2Fx',
    'reason=%3Cb%3Ehi%3C%2Fb%3E',
    'note=hacked&other=1',
  ])('is nothing of %s', async (query) => {
    const root = createRootRoute()
    const page = createRoute({
      getParentRoute: () => root,
      path: '/login',
      validateSearch: only(loginSearch),
    })
    const router = createRouter({
      routeTree: root.addChildren([page]),
      history: createMemoryHistory({ initialEntries: [`/login?${query}`] }),
    })
    await router.load()
    const search = router.state.matches.at(-1)?.search ?? {}
    expect(Object.values(search).filter((value) => value !== undefined)).toEqual([])
  })

  it('is what its reader made of it', async () => {
    expect(only(loginSearch)({ reason: 'security', return_to: '/account', x: 1 })).toEqual({
      reason: 'security',
      return_to: '/account',
    })
  })
})
