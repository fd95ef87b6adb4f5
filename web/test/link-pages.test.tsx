import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { Invite } from '../src/routes/invite'
import { Reset } from '../src/routes/reset'
import { fakeClient, nobody, someone } from './fake-client'
import { problem } from './problem'
import { renderPage } from './render-page'

const invitation = {
  account_name: '<b>Acme</b>',
  email: 'grace@example.com',
  role: 'member' as const,
  expires_at: '2036-01-01T00:00:00Z',
}
const spent = async (): Promise<never> => {
  throw problem(404, 'link-invalid')
}

describe('an invitation', () => {
  it('says what it is for, takes its code out of the address, and is accepted', async () => {
    const replace = vi.spyOn(window.history, 'replaceState')
    const accept = vi.fn(async () => {
      fake.become(someone({ id: 'grace', role: 'member' }))
      return {} as never
    })
    const lookup = vi.fn(async () => invitation)
    const fake = fakeClient(nobody, { acceptInvite: accept, api: { getInvitation: lookup } })
    const page = renderPage(fake.client, '/invite#token=cfi_abc', { '/invite': Invite })

    expect(await screen.findByText('<b>Acme</b>')).toBeVisible()
    expect(screen.getByText('grace@example.com')).toBeVisible()
    expect(lookup).toHaveBeenCalledWith({ token: 'cfi_abc' }, expect.anything())
    for (const [, , url] of replace.mock.calls) expect(String(url)).not.toContain('cfi_abc')
    expect(replace).toHaveBeenCalled()

    await userEvent.type(screen.getByLabelText('Your name'), 'Grace Hopper')
    await userEvent.type(screen.getByLabelText('Password'), 'correct horse battery')
    await userEvent.click(screen.getByRole('button', { name: 'Accept invitation' }))
    expect(accept).toHaveBeenCalledWith({
      token: 'cfi_abc',
      name: 'Grace Hopper',
      password: 'correct horse battery',
    })
    await waitFor(() => expect(page.href()).toBe('/account'))
  })

  it('asks for the length before the server does', async () => {
    const accept = vi.fn()
    const fake = fakeClient(nobody, { acceptInvite: accept, api: { getInvitation: async () => invitation } })
    renderPage(fake.client, '/invite#token=cfi_abc', { '/invite': Invite })
    await userEvent.type(await screen.findByLabelText('Your name'), 'Grace')
    await userEvent.type(screen.getByLabelText('Password'), 'tüür 🔑')
    await userEvent.click(screen.getByRole('button', { name: 'Accept invitation' }))
    expect(screen.getByLabelText('Password')).toHaveAccessibleDescription(
      /Use at least 15 characters. This has 6./,
    )
    expect(accept).not.toHaveBeenCalled()
  })

  it('says that the address is taken', async () => {
    const taken = async (): Promise<never> => {
      throw problem(409, 'email-taken')
    }
    const fake = fakeClient(nobody, { acceptInvite: taken, api: { getInvitation: async () => invitation } })
    renderPage(fake.client, '/invite#token=cfi_abc', { '/invite': Invite })
    await userEvent.type(await screen.findByLabelText('Your name'), 'Grace')
    await userEvent.type(screen.getByLabelText('Password'), 'correct horse battery')
    await userEvent.click(screen.getByRole('button', { name: 'Accept invitation' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('This address belongs to another account here')
    expect(screen.getByLabelText('Password')).toHaveValue('correct horse battery')
  })

  it('says that it does not work any more', async () => {
    const fake = fakeClient(nobody, { api: { getInvitation: spent } })
    renderPage(fake.client, '/invite#token=cfi_abc', { '/invite': Invite })
    expect(
      await screen.findByRole('heading', { name: 'This invitation does not work any more' }),
    ).toBeVisible()
  })

  it.each(['/invite', '/invite#token=', '/invite#other=1'])('asks for the whole link at %s', async (at) => {
    renderPage(fakeClient(nobody).client, at, { '/invite': Invite })
    expect(await screen.findByRole('heading', { name: 'Open the link from your invitation' })).toBeVisible()
  })

  it('warns somebody who is signed in', async () => {
    const fake = fakeClient(someone(), { api: { getInvitation: async () => invitation } })
    renderPage(fake.client, '/invite#token=cfi_abc', { '/invite': Invite })
    expect(await screen.findByText(/Accepting this invitation signs you out there/)).toBeVisible()
  })
})

describe('a link to a new password', () => {
  const whose = { name: 'Grace Hopper', email: 'grace@example.com', expires_at: '2036-01-01T00:00:00Z' }

  it('sets it and goes to sign in with word of it', async () => {
    const set = vi.fn(async () => {})
    const fake = fakeClient(nobody, { api: { getReset: async () => whose, resetPassword: set } })
    const page = renderPage(fake.client, '/reset#token=cfp_x', { '/reset': Reset })
    expect(await screen.findByText('Grace Hopper')).toBeVisible()
    await userEvent.type(screen.getByLabelText('New password'), 'correct horse battery')
    await userEvent.click(screen.getByRole('button', { name: 'Set password' }))
    expect(set).toHaveBeenCalledWith({ token: 'cfp_x', password: 'correct horse battery' })
    await waitFor(() => expect(page.href()).toBe('/login?note=password_set'))
  })

  it('keeps the link when the password is refused', async () => {
    const refuse = async (): Promise<never> => {
      throw problem(422, 'invalid-request', {
        errors: [{ field: 'password', detail: 'password must not be one of the most common passwords' }],
      })
    }
    const fake = fakeClient(nobody, { api: { getReset: async () => whose, resetPassword: refuse } })
    renderPage(fake.client, '/reset#token=cfp_x', { '/reset': Reset })
    await userEvent.type(await screen.findByLabelText('New password'), 'password1234567')
    await userEvent.click(screen.getByRole('button', { name: 'Set password' }))
    expect(screen.getByLabelText('New password')).toHaveAccessibleDescription(
      /Password must not be one of the most common passwords\./,
    )
    expect(screen.getByLabelText('New password')).toHaveFocus()
  })

  it('says that it does not work any more', async () => {
    renderPage(fakeClient(nobody, { api: { getReset: spent } }).client, '/reset#token=x', { '/reset': Reset })
    expect(await screen.findByRole('heading', { name: 'This link does not work any more' })).toBeVisible()
  })
})
