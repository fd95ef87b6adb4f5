import { CurfewError } from '@curfew/client'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { Continue } from '../src/routes/continue'
import { continueSearch } from '../src/search/continue'
import { fakeClient, nobody, someone, unknown } from './fake-client'
import { problem } from './problem'
import { renderPage } from './render-page'

let replace: MockInstance<(url: string | URL) => void>

beforeEach(() => {
  sessionStorage.clear()
  replace = vi.spyOn(window.location, 'replace').mockImplementation(() => {})
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const show = (fake: ReturnType<typeof fakeClient>, query = '?return_to=%2Forders%3Fpage%3D2') =>
  renderPage(fake.client, `/continue${query}`, { '/continue': Continue })
const renewing = (stay = vi.fn(async () => {})) => {
  const refresh = vi.fn(async () => {})
  return { stay, refresh, fake: fakeClient(someone(), { staySignedIn: stay, refresh }) }
}

describe('the page that goes on', () => {
  it('renews the session, and goes on by a load', async () => {
    const { stay, fake } = renewing()
    show(fake)
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/orders?page=2'))
    expect(stay).toHaveBeenCalled()
    expect(replace.mock.calls.every(([to]) => to === '/orders?page=2')).toBe(true)
  })

  it('makes sure of a new access token, also of who signed in this very second', async () => {
    const { stay, refresh, fake } = renewing()
    refresh.mockImplementation(async () => expect(stay).toHaveBeenCalled())
    show(fake)
    await waitFor(() => expect(replace).toHaveBeenCalled())
    const [refreshed = Number.NaN] = refresh.mock.invocationCallOrder
    expect(refreshed).toBeLessThan(replace.mock.invocationCallOrder[0] ?? 0)
  })

  it('keeps the fragment of what was asked for', async () => {
    show(renewing().fake, '?return_to=%2Forders#row-7')
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/orders#row-7'))
  })

  it('leads to sign-in with the way back, and with why one is not signed in', async () => {
    const page = show(fakeClient(nobody))
    await waitFor(() => expect(page.href()).toBe('/login?return_to=%2Forders%3Fpage%3D2'))
    const ended = show(fakeClient({ status: 'signed-out', reason: 'idle' }))
    await waitFor(() =>
      expect(ended.href()).toBe('/login?reason=session_expired&return_to=%2Forders%3Fpage%3D2'),
    )
    expect(replace).not.toHaveBeenCalled()
    const within = show(fakeClient(nobody), '?return_to=%2Forders#row-7')
    await waitFor(() => expect(within.href()).toBe('/login?return_to=%2Forders%23row-7'))
  })

  it('leads to sign-in when the session turns out to be over', async () => {
    const fake = fakeClient(someone(), {
      async staySignedIn() {
        fake.become({ status: 'signed-out', reason: 'owner_all' })
        throw problem(401, 'session-revoked')
      },
    })
    const page = show(fake)
    await waitFor(() => expect(page.href()).toContain('/login?reason=signed_out_by_owner'))
    expect(replace).not.toHaveBeenCalled()
  })

  it('waits while it is not known who is signed in', async () => {
    const { fake } = renewing()
    fake.become(unknown)
    show(fake)
    expect(await screen.findByRole('heading', { name: 'One moment' })).toBeInTheDocument()
    expect(replace).not.toHaveBeenCalled()
    act(() => fake.become(someone()))
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/orders?page=2'))
  })

  it('says that the server does not answer, and tries again when told to', async () => {
    let works = false
    const { fake } = renewing(
      vi.fn(async () => {
        if (!works) throw new CurfewError('offline', 'offline')
      }),
    )
    show(fake)
    const again = await screen.findByRole('button', { name: 'Try again' })
    expect(replace).not.toHaveBeenCalled()
    works = true
    await userEvent.click(again)
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/orders?page=2'))
  })

  it.each([
    ['the same page', '?return_to=%2Forders%3Fpage%3D2'],
    ['another', '?return_to=%2Felsewhere'],
  ])('does not go in a circle: back at once for %s, it stays and says so', async (_, query) => {
    const first = renewing()
    show(first.fake)
    await waitFor(() => expect(replace).toHaveBeenCalled())
    document.body.replaceChildren()
    replace.mockClear()

    const { stay, fake } = renewing()
    show(fake, query)
    expect(await screen.findByRole('heading', { name: 'The page did not open' })).toBeVisible()
    expect(stay).not.toHaveBeenCalled()
    expect(replace).not.toHaveBeenCalled()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(replace).toHaveBeenCalledTimes(1))
  })

  it('goes on again when the cookie has run out, a minute later', async () => {
    sessionStorage.setItem('curfew:continued', String(Date.now() - 60_000))
    show(renewing().fake)
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/orders?page=2'))
  })

  it('goes on only when asked where it could not notice a circle', async () => {
    const denied = () => {
      throw new DOMException('denied', 'SecurityError')
    }
    vi.stubGlobal('sessionStorage', { getItem: denied, setItem: denied, removeItem: denied, clear: denied })
    show(renewing().fake)
    const again = await screen.findByRole('button', { name: 'Try again' })
    expect(replace).not.toHaveBeenCalled()
    await userEvent.click(again)
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/orders?page=2'))
  })
})

describe('where it goes on', () => {
  it.each([
    'https://evil.example/',
    '//evil.example/x',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'orders',
    '/continue?return_to=%2Forders',
    '/continue/',
    '/login',
    '/setup',
    7,
    undefined,
  ])('is the first page for %j', async (value) => {
    expect(continueSearch({ return_to: value })).toEqual({})
  })

  it('is a path of this origin otherwise', () => {
    expect(continueSearch({ return_to: '/orders?x=1#y', other: 'x' })).toEqual({ return_to: '/orders?x=1#y' })
    expect(continueSearch({ return_to: '/account' })).toEqual({ return_to: '/account' })
  })

  it('is the first page without a word', async () => {
    show(renewing().fake, '')
    await waitFor(() => expect(replace).toHaveBeenCalledWith('/'))
  })
})
