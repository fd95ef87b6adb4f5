import { CurfewError } from '@curfew/client'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { takeFocus } from '../src/layout/focus'
import { SignedIn } from '../src/layout/signed-in'
import { fakeClient, nobody, someone, unknown } from './fake-client'
import { problem } from './problem'
import { renderPage } from './render-page'

const show = (fake: ReturnType<typeof fakeClient>, at = '/account?a=1') =>
  renderPage(fake.client, at, { '/account': SignedIn, '/account/security': SignedIn })
const signOut = () => screen.findByRole('button', { name: 'Sign out' })

describe('the gate', () => {
  it.each([
    ['idle', '/login?reason=session_expired&return_to=%2Faccount%3Fa%3D1'],
    ['owner_all', '/login?reason=signed_out_by_owner&return_to=%2Faccount%3Fa%3D1'],
    ['something_new', '/login?reason=signed_out_by_owner&return_to=%2Faccount%3Fa%3D1'],
    ['logout', '/login?return_to=%2Faccount%3Fa%3D1'],
    ['user_disabled', '/login?return_to=%2Faccount%3Fa%3D1'],
    [null, '/login?return_to=%2Faccount%3Fa%3D1'],
  ])('after %s leads to sign-in with why and the way back', async (reason, to) => {
    const fake = fakeClient(someone())
    const page = show(fake)
    await signOut()
    act(() => fake.become({ status: 'signed-out', reason }))
    await waitFor(() => expect(page.href()).toBe(to))
  })

  it('leaves an address alone that leads to sign-in already', async () => {
    const page = renderPage(fakeClient(nobody).client, '/login?note=password_set', { '/login': SignedIn })
    expect(await screen.findByText('Loading…')).toBeInTheDocument()
    expect(page.href()).toBe('/login?note=password_set')
  })

  it('draws nobody’s name before it is known who is signed in', async () => {
    show(fakeClient(unknown))
    expect(await screen.findByText('Loading…')).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull()
  })

  it('marks the document while a page stands in the frame, and not after', async () => {
    const mark = () => document.documentElement.hasAttribute('data-web-app')
    const fake = fakeClient(unknown)
    const page = show(fake)
    await screen.findByText('Loading…')
    expect(mark()).toBe(true)
    act(() => fake.become(someone()))
    await signOut()
    expect(mark()).toBe(true)
    act(() => fake.become({ status: 'signed-out', reason: 'logout' }))
    await waitFor(() => expect(page.href()).toContain('/login'))
    await waitFor(() => expect(mark()).toBe(false))
  })

  it('says that the server is out of reach, and asks again when told to', async () => {
    const check = vi.fn(async () => {
      throw new CurfewError('offline', 'offline')
    })
    show(fakeClient({ status: 'loading', error: new CurfewError('offline', 'offline') }, { check }))
    expect(await screen.findByRole('heading', { name: 'Waiting for the server' })).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(check).toHaveBeenCalledTimes(1)
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible()
  })

  it('shows owners every page and members theirs', async () => {
    const fake = fakeClient(someone())
    show(fake)
    await signOut()
    const names = () => screen.getAllByRole('link').map((link) => link.textContent)
    expect(names()).toEqual(
      expect.arrayContaining(['Account', 'Security', 'People', 'Audit log', 'Your sessions']),
    )
    act(() => fake.become(someone({ role: 'member' })))
    expect(names()).toEqual(expect.arrayContaining(['Account', 'Your sessions']))
    for (const hidden of ['Security', 'People', 'Audit log']) expect(names()).not.toContain(hidden)
  })

  it('starts over when another person is signed in', async () => {
    const fake = fakeClient(someone())
    show(fake)
    const before = await signOut()
    act(() => fake.become(someone({ id: 'bob', name: '<img src=x> Bob' })))
    expect(screen.getByText('<img src=x> Bob')).toBeInTheDocument()
    expect(screen.queryByText('Ada Lovelace')).toBeNull()
    expect(before).not.toBeInTheDocument()
  })
})

describe('signing out', () => {
  it('by oneself leads to a sign-in page that has nothing to say', async () => {
    const fake = fakeClient(someone(), {
      signOut: async () => fake.become({ status: 'signed-out', reason: 'logout' }),
    })
    const page = show(fake)
    await userEvent.click(await signOut())
    await waitFor(() => expect(page.href()).toBe('/login'))
  })

  it('says that one is still signed in when it fails, and can be repeated', async () => {
    let works = false
    const fake = fakeClient(someone(), {
      async signOut() {
        if (!works) throw problem(503, 'unavailable')
        fake.become({ status: 'signed-out', reason: 'logout' })
      },
    })
    const page = show(fake)
    await userEvent.click(await signOut())
    expect(await screen.findByText('You are still signed in')).toBeVisible()
    expect(page.href()).toBe('/account?a=1')
    works = true
    await userEvent.click(screen.getByRole('button', { name: 'Try to sign out again' }))
    await waitFor(() => expect(page.href()).toBe('/login'))
  })

  it('that failed does not count later, when somebody else ends the session', async () => {
    const fake = fakeClient(someone(), {
      signOut: async () => {
        throw problem(503, 'unavailable')
      },
    })
    const page = show(fake)
    await userEvent.click(await signOut())
    await userEvent.click(await screen.findByRole('button', { name: 'Stay signed in' }))
    expect(screen.queryByText('You are still signed in')).toBeNull()
    act(() => fake.become({ status: 'signed-out', reason: 'owner_user' }))
    await waitFor(() => expect(page.href()).toContain('reason=signed_out_by_owner'))
  })
})

describe('the focus', () => {
  it('is on the new page’s heading after a navigation, and left alone at first', async () => {
    takeFocus() // what an earlier navigation may have left to be taken
    const fake = fakeClient(nobody)
    const page = renderPage(fake.client, '/forgot', {
      '/forgot': (await import('../src/routes/forgot')).Forgot,
      '/nowhere': (await import('../src/routes/not-found')).NotFound,
    })
    await screen.findByRole('heading', { name: 'Forgotten password' })
    expect(document.body).toHaveFocus()
    await act(() => page.router.navigate({ to: '/nowhere' as never }))
    expect(await screen.findByRole('heading', { name: 'There is no page here' })).toHaveFocus()
    expect(document.title).toBe('There is no page here · Curfew')
  })
})
