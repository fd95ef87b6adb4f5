import { CurfewError } from '@curfew/client'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { Login } from '../src/routes/login'
import { config, fakeClient, nobody, someone, unknown } from './fake-client'
import { problem } from './problem'
import { renderPage } from './render-page'

const show = (fake: ReturnType<typeof fakeClient>, at = '/login') =>
  renderPage(fake.client, at, { '/login': Login })
const email = () => screen.findByLabelText('Email')
const password = () => screen.findByLabelText('Password')

async function signIn(as = 'ada@example.com') {
  await userEvent.type(await email(), as)
  await userEvent.type(await password(), 'correct horse battery')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
}

describe('the sign-in page', () => {
  it('signs in and goes back to where the person wanted to be', async () => {
    const signInCall = vi.fn(async () => {
      fake.become(someone())
      return {} as never
    })
    const fake = fakeClient(nobody, { signIn: signInCall })
    const page = show(fake, '/login?return_to=%2Faccount%3Fa%3D1')
    await signIn(' ada@example.com ')
    expect(signInCall).toHaveBeenCalledWith({ email: 'ada@example.com', password: 'correct horse battery' })
    await waitFor(() => expect(page.href()).toBe('/account?a=1'))
  })

  it.each([
    ['owner', '/account/security'],
    ['member', '/account'],
  ] as const)('sends an %s who is signed in already to %s', async (role, to) => {
    const page = show(fakeClient(someone({ role })))
    await waitFor(() => expect(page.href()).toBe(to))
  })

  it('goes on by itself when another tab signs in', async () => {
    const fake = fakeClient(nobody)
    const page = show(fake)
    await email()
    act(() => fake.become(someone()))
    await waitFor(() => expect(page.href()).toBe('/account/security'))
  })

  it('says in the password’s place that the two do not fit, and keeps what was typed', async () => {
    const fake = fakeClient(nobody, {
      signIn: async () => {
        throw problem(401, 'invalid-credentials')
      },
    })
    show(fake)
    await signIn()
    await waitFor(async () => expect(await password()).toBeInvalid())
    expect(await password()).toHaveAccessibleDescription(/email or the password is not right/i)
    expect(await password()).toHaveFocus()
    expect(await email()).toHaveValue('ada@example.com')
    expect(await password()).toHaveValue('correct horse battery')
  })

  it('says how long to wait, then that the time is over', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    const fake = fakeClient(nobody, {
      signIn: async () => {
        throw problem(429, 'rate-limited', { retryAfter: 45 })
      },
    })
    show(fake)
    await signIn()
    expect(await screen.findByRole('alert')).toHaveTextContent('Try again in 45 seconds.')
    await act(() => vi.advanceTimersByTimeAsync(46_000))
    expect(screen.getByText('You can try again now')).toBeVisible()
    vi.useRealTimers()
  })

  it.each([
    [new CurfewError('offline', 'offline'), 'The server could not be reached'],
    [new CurfewError('timeout', 'timeout'), 'The server took too long to answer'],
    [new CurfewError('nonsense', 'nonsense', { status: 502 }), 'The answer did not come from Curfew'],
    [problem(503, 'unavailable'), 'Nothing was changed. Try again in a minute.'],
    [problem(500, 'internal'), 'The server could not do this'],
  ])('says in words: %s', async (error, words) => {
    const fake = fakeClient(nobody, {
      signIn: async () => {
        throw error
      },
    })
    show(fake)
    await signIn()
    expect(await screen.findByRole('alert')).toHaveTextContent(words)
    expect(await password()).toHaveValue('correct horse battery')
  })

  it('offers a new password by mail only where mail is set up', async () => {
    show(fakeClient(nobody))
    expect(await screen.findByRole('link', { name: /forgot your password/i })).toHaveAttribute(
      'href',
      '/forgot',
    )
    expect(screen.getByText(/up to 7 days without activity/)).toBeVisible()
  })

  it('tells who helps where no mail is set up', async () => {
    show(fakeClient(nobody, { api: { getAuthConfig: async () => ({ ...config, mail_enabled: false }) } }))
    expect(await screen.findByText(/owner of your account can make you a link/)).toBeVisible()
    expect(screen.queryByRole('link', { name: /forgot/i })).toBeNull()
  })

  it('goes to the first set-up when nobody has an account', async () => {
    const empty = { ...config, setup_needed: true, signup_allowed: true }
    const page = show(fakeClient(nobody, { api: { getAuthConfig: async () => empty } }))
    await waitFor(() => expect(page.href()).toBe('/setup'))
  })

  it('can be used while the server says nothing of itself', async () => {
    const fail = async () => {
      throw new CurfewError('offline', 'offline')
    }
    show(
      fakeClient(
        { status: 'loading', error: new CurfewError('offline', 'offline') },
        { api: { getAuthConfig: fail } },
      ),
    )
    expect(await email()).toBeVisible()
  })

  it('does not make anybody wait for a slow server before typing', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true })
    show(fakeClient(unknown, { api: { getAuthConfig: () => new Promise(() => {}) } }))
    await act(() => vi.advanceTimersByTimeAsync(1600))
    expect(await email()).toBeVisible()
    vi.useRealTimers()
  })
})

describe('signing in anew in a window of its own', () => {
  it('expects the same person, and closes when it is done', async () => {
    const close = vi.spyOn(window, 'close').mockImplementation(() => {})
    const fake = fakeClient(someone(), { signIn: async () => ({}) as never })
    show(fake, '/login?reason=reauth')
    expect(await email()).toHaveValue('ada@example.com')
    await userEvent.type(await password(), 'correct horse battery')
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
    expect(await screen.findByText(/you can close this window/i)).toBeVisible()
    expect(close).toHaveBeenCalled()
    close.mockRestore()
  })

  it('goes back instead when it was told where to', async () => {
    const fake = fakeClient(someone(), { signIn: async () => ({}) as never })
    const page = show(fake, '/login?reason=reauth&return_to=%2Faccount')
    await userEvent.type(await password(), 'correct horse battery')
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
    await waitFor(() => expect(page.href()).toBe('/account'))
  })
})
