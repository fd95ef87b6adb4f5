import { CurfewError } from '@curfew/client'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { Forgot } from '../src/routes/forgot'
import { Home } from '../src/routes/home'
import { Setup } from '../src/routes/setup'
import { config, fakeClient, nobody, someone } from './fake-client'
import { problem } from './problem'
import { renderPage } from './render-page'

const empty = { ...config, setup_needed: true, signup_allowed: true }
const answers = (answer: typeof config) => ({ api: { getAuthConfig: async () => answer } })

describe('the start', () => {
  it.each([
    ['an owner', someone(), config, '/account/security'],
    ['a member', someone({ role: 'member' }), config, '/account'],
    ['nobody', nobody, config, '/login'],
    ['the very first person', nobody, empty, '/setup'],
  ])('leads %s to where they begin', async (_, state, answer, to) => {
    const page = renderPage(fakeClient(state, answers(answer)).client, '/', { '/': Home })
    await waitFor(() => expect(page.href()).toBe(to))
  })
})

describe('the first set-up', () => {
  const show = (fake: ReturnType<typeof fakeClient>) => renderPage(fake.client, '/setup', { '/setup': Setup })
  async function fill() {
    await userEvent.type(await screen.findByLabelText('Account name'), 'Acme')
    await userEvent.type(screen.getByLabelText('Your name'), 'Ada')
    await userEvent.type(screen.getByLabelText('Email'), 'ada@example.com')
    await userEvent.type(screen.getByLabelText('Password'), 'correct horse battery')
    await userEvent.click(screen.getByRole('button', { name: 'Create account' }))
  }

  it('makes the account and opens its security', async () => {
    const signUp = vi.fn(async () => {
      fake.become(someone())
      return {} as never
    })
    const fake = fakeClient(nobody, { signUp, ...answers(empty) })
    const page = show(fake)
    await fill()
    expect(signUp).toHaveBeenCalledWith({
      account_name: 'Acme',
      name: 'Ada',
      email: 'ada@example.com',
      password: 'correct horse battery',
    })
    await waitFor(() => expect(page.href()).toBe('/account/security'))
  })

  it('shows the server’s words at the field they are about', async () => {
    const signUp = async (): Promise<never> => {
      throw problem(422, 'invalid-request', {
        errors: [{ field: 'account_name', detail: 'account_name must be at most 200 characters' }],
      })
    }
    show(fakeClient(nobody, { signUp, ...answers(empty) }))
    await fill()
    await waitFor(() => expect(screen.getByLabelText('Account name')).toHaveFocus())
    expect(screen.getByLabelText('Account name')).toHaveAccessibleDescription(
      /Account name must be at most 200/,
    )
    expect(screen.getByLabelText('Password')).toHaveValue('correct horse battery')
  })

  it('says that an address has an account already', async () => {
    const signUp = async (): Promise<never> => {
      throw problem(409, 'email-taken')
    }
    show(fakeClient(nobody, { signUp, ...answers({ ...empty, setup_needed: false }) }))
    await fill()
    await waitFor(() => expect(screen.getByLabelText('Email')).toBeInvalid())
    expect(screen.getByLabelText('Email')).toHaveAccessibleDescription(/already has an account/)
  })

  it.each([
    ['by invitation', config, 'New accounts are made by invitation'],
    ['on the command line', { ...empty, signup_allowed: false }, 'Set up Curfew'],
  ])('is closed where accounts are made %s', async (_, answer, title) => {
    show(fakeClient(nobody, answers(answer)))
    expect(await screen.findByRole('heading', { name: title })).toBeVisible()
    expect(screen.queryByLabelText('Account name')).toBeNull()
  })

  it('says that the server is out of reach, and asks again', async () => {
    let reached = false
    const getAuthConfig = async () => {
      if (!reached) throw new CurfewError('offline', 'offline')
      return empty
    }
    show(fakeClient(nobody, { api: { getAuthConfig } }))
    expect(await screen.findByRole('alert')).toHaveTextContent('The server could not be reached')
    reached = true
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByLabelText('Account name')).toBeVisible()
  })
})

describe('a forgotten password', () => {
  const show = (fake: ReturnType<typeof fakeClient>) =>
    renderPage(fake.client, '/forgot', { '/forgot': Forgot })
  async function ask() {
    await userEvent.type(await screen.findByLabelText('Email'), 'ada@example.com')
    await userEvent.click(screen.getByRole('button', { name: 'Send me a link' }))
  }

  it('gives the same answer whoever asks', async () => {
    const forgotPassword = vi.fn(async () => {})
    show(fakeClient(nobody, { api: { forgotPassword } }))
    await ask()
    expect(await screen.findByText(/belongs to an account here/)).toHaveTextContent(
      'If ada@example.com belongs',
    )
    expect(forgotPassword).toHaveBeenCalledWith({ email: 'ada@example.com' })
  })

  it.each([
    [
      'the server says so beforehand',
      { getAuthConfig: async () => ({ ...config, mail_enabled: false }) },
      false,
    ],
    [
      'only the answer says so',
      {
        forgotPassword: async () => {
          throw problem(404, 'not-found')
        },
      },
      true,
    ],
  ])('names who helps where no mail is set up: %s', async (_, api, asks) => {
    show(fakeClient(nobody, { api }))
    if (asks) await ask()
    expect(await screen.findByText(/This server sends no email/)).toBeVisible()
    expect(screen.queryByLabelText('Email')).toBeNull()
  })

  it('says how long to wait', async () => {
    const forgotPassword = async () => {
      throw problem(429, 'rate-limited', { retryAfter: 30 })
    }
    show(fakeClient(nobody, { api: { forgotPassword } }))
    await ask()
    expect(await screen.findByRole('alert')).toHaveTextContent('Try again in 30 seconds.')
  })
})
