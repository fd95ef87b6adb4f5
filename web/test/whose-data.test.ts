import type { SessionState } from '@curfew/client'
import { QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { forgetForOthers, samePerson } from '../src/layout/whose-data'

const at = '2026-01-01T00:00:00Z'
const someone = (user: string, account = 'a1', session = 's1'): SessionState => ({
  status: 'signed-in',
  session: {
    id: session,
    generation: 1,
    started_at: at,
    last_active_at: at,
    idle_minutes: 60,
    absolute_minutes: 600,
    idle_expires_at: at,
    absolute_expires_at: at,
  },
  user: { id: user, name: user, email: `${user}@example.com`, role: 'owner' },
  account: { id: account, name: account },
})
const nobody: SessionState = { status: 'signed-out', reason: 'logout' }

function start(first: SessionState) {
  let state = first
  const listeners = new Set<() => void>()
  const queries = new QueryClient()
  const end = forgetForOthers(
    {
      session: {
        get: () => state,
        subscribe: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
    },
    queries,
  )
  queries.setQueryData(['people'], ['Ada'])
  return {
    end,
    become: (next: SessionState) => {
      state = next
      for (const listener of listeners) listener()
    },
    known: () => queries.getQueryData(['people']) !== undefined,
  }
}

describe('what was read for one person', () => {
  it.each([
    ['another person', someone('bob')],
    ['the same id in another account', someone('ada', 'a2')],
    ['nobody', nobody],
  ])('is gone for %s', (_, next) => {
    const page = start(someone('ada'))
    page.become(next)
    expect(page.known()).toBe(false)
  })

  it('stays for the same person in a new session, and while nothing is known', () => {
    const page = start(someone('ada'))
    page.become({ status: 'loading', error: null })
    page.become(someone('ada', 'a1', 's2'))
    expect(page.known()).toBe(true)
  })

  it('is not mixed up after a pause', () => {
    const page = start(someone('ada'))
    page.become({ status: 'loading', error: null })
    page.become(someone('bob'))
    expect(page.known()).toBe(false)
  })

  it('leaves alone what was read before anybody signed in', () => {
    const page = start(nobody)
    page.become(someone('ada'))
    expect(page.known()).toBe(true)
  })

  it('is left alone once nobody watches', () => {
    const page = start(someone('ada'))
    page.end()
    page.become(someone('bob'))
    expect(page.known()).toBe(true)
  })
})

describe('an answer', () => {
  it('is for who asked, in whatever session, and for nobody else', () => {
    let state = someone('ada')
    const same = samePerson({ session: { get: () => state, subscribe: () => () => {} } })
    expect(same()).toBe(true)
    state = someone('ada', 'a1', 's2')
    expect(same()).toBe(true)
    for (const other of [nobody, someone('bob'), someone('ada', 'a2')]) {
      state = other
      expect(same()).toBe(false)
    }
  })
})
