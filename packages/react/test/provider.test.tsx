import type { Client, SessionState } from '@curfew/client'
import { act, render, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createFakeClient } from '../src/dev/fake-client'
import { sampleExpiry, sampleSession } from '../src/dev/samples'
import * as react from '../src/index'
import { pass, setUp } from './helpers'

const { CurfewProvider, useCurfew, useFormat, useSession, useSessionExpiry, useTexts, useToast } = react

describe('CurfewProvider', () => {
  it('starts the client while it is mounted, also under StrictMode', () => {
    const { fake, show } = setUp()
    const { unmount } = show(null)
    expect(fake.calls.map(([name]) => name)).toEqual(['start', 'stop', 'start'])
    unmount()
    expect(fake.calls.at(-1)).toEqual(['stop'])
  })

  it('stops the old client when it is given another', () => {
    const [a, b] = [createFakeClient(), createFakeClient()]
    const { rerender } = render(<CurfewProvider client={a.client} />)
    rerender(<CurfewProvider client={b.client} />)
    expect(a.calls.map(([name]) => name)).toEqual(['start', 'stop'])
    expect(b.calls.map(([name]) => name)).toEqual(['start'])
  })

  it.each([
    ['useCurfew', useCurfew],
    ['useSession', useSession],
    ['useSessionExpiry', useSessionExpiry],
    ['useTexts', useTexts],
    ['useFormat', useFormat],
    ['useToast', useToast],
  ])('names %s where it is used outside', (name, hook) => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const Outside = () => {
      hook()
      return null
    }
    expect(() => render(<Outside />)).toThrow(name)
  })

  it('gives the client, the session and never a null expiry', async () => {
    const { fake, show } = setUp()
    const seen: unknown[] = []
    const Inside = () => {
      seen.push(useCurfew() === fake.client, useSession().status, useSessionExpiry().warning)
      return null
    }
    show(<Inside />)
    expect(seen.slice(-3)).toEqual([true, 'signed-in', 'none'])
    fake.setSession({ status: 'signed-out', reason: 'idle' })
    fake.setExpiry(sampleExpiry())
    await pass()
    expect(seen.slice(-3)).toEqual([true, 'signed-out', 'soon'])
  })

  it('shows nobody what was said to the person before', async () => {
    const { fake, show } = setUp()
    let say: ReturnType<typeof useToast> = () => {}
    const Inside = () => {
      say = useToast()
      return <react.Toasts />
    }
    const session = sampleSession as Extract<SessionState, { status: 'signed-in' }>
    show(<Inside />)
    act(() => say('Grace is now an owner.'))
    fake.setSession({ status: 'signed-out', reason: 'idle' })
    await pass()
    expect(screen.getByText('Grace is now an owner.')).toBeVisible()
    fake.setSession({ ...session, user: { ...session.user, id: 'u2' } })
    await pass()
    expect(screen.queryByText('Grace is now an owner.')).toBeNull()
  })

  it('says to nobody what another person did, though its answer comes late', async () => {
    const { fake, show } = setUp()
    const said: ReturnType<typeof useToast>[] = []
    const Inside = () => {
      said.push(useToast())
      return <react.Toasts />
    }
    const session = sampleSession as Extract<SessionState, { status: 'signed-in' }>
    show(<Inside />)
    fake.setSession({ ...session, user: { ...session.user, id: 'u2' } })
    await pass()
    act(() => said[0]?.('Late.'))
    expect(screen.queryByText('Late.')).toBeNull()
    act(() => said.at(-1)?.('In time.'))
    expect(screen.getByText('In time.')).toBeVisible()
  })

  it('keeps relative times true while nothing else happens', async () => {
    const { show } = setUp()
    const then = new Date(Date.now() - 90_000).toISOString()
    const When = () => <p>{useFormat().ago(then)}</p>
    const { unmount } = show(<When />)
    expect(screen.getByText('1 min ago')).toBeInTheDocument()
    await pass(30_000)
    expect(screen.getByText('2 min ago')).toBeInTheDocument()
    unmount()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('speaks the given words in the given locale', () => {
    const { show } = setUp()
    const Words = () => (
      <p>
        {useTexts().policy.save} {useFormat().duration(720)}
      </p>
    )
    show(<Words />, { texts: { policy: { save: 'Speichern' } }, locale: 'de' })
    expect(screen.getByText('Speichern 12 Stunden')).toBeInTheDocument()
  })

  it('lets the type tell who is signed in', () => {
    expectTypeOf(useSession).returns.toEqualTypeOf<SessionState>()
    expectTypeOf(useCurfew).returns.toEqualTypeOf<Client>()
    const state = sampleSession as SessionState
    // @ts-expect-error: nobody need be signed in
    void state.user
    if (state.status === 'signed-in') expectTypeOf(state.user.name).toBeString()
    if (state.status === 'signed-out') expectTypeOf(state).not.toHaveProperty('user')
  })

  it('works in a tree that is rendered twice', () => {
    const fake = createFakeClient()
    const tree = (
      <StrictMode>
        <CurfewProvider client={fake.client}>
          <react.SessionExpiryToast />
          <react.Toasts />
        </CurfewProvider>
      </StrictMode>
    )
    expect(() => render(tree)).not.toThrow()
  })
})
