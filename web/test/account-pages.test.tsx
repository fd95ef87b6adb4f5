import type { Client, Operations, User } from '@curfew/client'
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Account } from '../src/routes/account'
import { People } from '../src/routes/people'
import { fakeClient, someone } from './fake-client'
import { problem } from './problem'
import { renderPage } from './render-page'

// The pages' queries use the one client of the app; here it is each test's own.
const held = vi.hoisted(() => ({ client: null as unknown as Client }))
vi.mock('../src/client', () => ({
  client: new Proxy({}, { get: (_, name) => Reflect.get(held.client, name) }),
}))

const person = (id: string, name: string, over: Partial<User> = {}): User => ({
  id,
  name,
  email: `${id}@example.com`,
  role: 'member',
  disabled: false,
  has_password: true,
  created_at: '2026-01-01T00:00:00Z',
  last_login_at: '2026-01-02T00:00:00Z',
  session_count: 2,
  ...over,
})
const ada = person('ada', 'Ada Lovelace', { role: 'owner' })
const grace = person('grace', 'Grace Hopper')

const account = {
  id: 'acme',
  name: 'Acme',
  created_at: '2026-01-01T00:00:00Z',
  owners: [{ name: ada.name, email: ada.email }],
  local_sign_in: true,
  etag: '"1"',
}
const answers = {
  getMe: async () => ({ ...ada, etag: '"1"' }),
  getAccount: async () => account,
  getSecurity: async () => ({ effective_idle_minutes: 480, effective_absolute_minutes: 10080 }),
  listUsers: async () => ({ items: [ada, grace], next_cursor: null }),
  listInvites: async () => ({ items: [], next_cursor: null }),
} as unknown as Partial<Operations>

function show(
  path: '/account' | '/account/people',
  api: Partial<Operations> = {},
  role: 'owner' | 'member' = 'owner',
) {
  const { client } = fakeClient(someone({ role }), { api: { ...answers, ...api } })
  held.client = client
  renderPage(client, path, { '/account': Account, '/account/people': People })
  return userEvent.setup()
}

// happy-dom knows no popovers.
HTMLElement.prototype.hidePopover ??= () => {}

afterEach(() => vi.restoreAllMocks())

describe('account settings', () => {
  it('say how long sessions last, to owners for everybody and to each for their own', async () => {
    show('/account')
    expect(
      await screen.findByText('Signs people out after 8 hours without activity, 7 days at most'),
    ).toBeVisible()
    expect(
      screen.getByText('This session ends after 7 days without activity, and 14 days after sign-in at most'),
    ).toBeVisible()
  })

  it('show a member whom to ask, and nothing that only owners may change', async () => {
    show('/account', {}, 'member')
    expect(await screen.findByText('ada@example.com', { selector: '.row-quiet' })).toBeVisible()
    for (const name of ['Session security', 'People', 'Audit log']) {
      expect(screen.queryByText(name)).toBeNull()
    }
    expect(screen.queryByRole('button', { name: 'Change the account’s name' })).toBeNull()
  })

  it('change a name against the version on show, and give the focus back', async () => {
    const updateMe = vi.fn(async ({ name }: { name: string }) => ({ ...ada, name, etag: '"2"' }))
    const user = show('/account', { updateMe })
    await user.click(await screen.findByRole('button', { name: 'Change your name' }))
    const input = screen.getByLabelText('Your name')
    expect(input).toHaveFocus()
    await user.clear(input)
    await user.type(input, '  Ada King ')
    await user.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() => expect(screen.getByRole('button', { name: 'Change your name' })).toHaveFocus())
    expect(updateMe).toHaveBeenCalledExactlyOnceWith({ name: 'Ada King' }, { ifMatch: '"1"' })
  })

  it('refuse an empty name without asking the server', async () => {
    const updateMe = vi.fn()
    const user = show('/account', { updateMe })
    await user.click(await screen.findByRole('button', { name: 'Change your name' }))
    await user.clear(screen.getByLabelText('Your name'))
    await user.click(screen.getByRole('button', { name: 'Save' }))
    expect(screen.getByLabelText('Your name')).toHaveAccessibleDescription('Enter a name.')
    expect(screen.getByLabelText('Your name')).toHaveFocus()
    expect(updateMe).not.toHaveBeenCalled()
  })

  it('ask which name to keep when somebody else changed it, and lose neither', async () => {
    let newest = account
    const updateAccount = vi.fn(async ({ name }: { name: string }, options?: { ifMatch?: string | null }) => {
      if (options?.ifMatch !== newest.etag) throw problem(412, 'stale')
      return { ...newest, name, etag: '"3"' }
    })
    const user = show('/account', { getAccount: async () => newest, updateAccount })
    await user.click(await screen.findByRole('button', { name: 'Change the account’s name' }))
    newest = { ...account, name: 'Theirs', etag: '"2"' }
    await user.clear(screen.getByLabelText('Account name'))
    await user.type(screen.getByLabelText('Account name'), 'Mine')
    await user.click(screen.getByRole('button', { name: 'Save' }))
    const alert = await screen.findByRole('alert')
    expect(alert).toHaveTextContent('It is now Theirs. You typed Mine.')
    expect(screen.getByLabelText('Account name')).toHaveValue('Mine')
    await user.click(within(alert).getByRole('button', { name: 'Keep mine' }))
    await waitFor(() => expect(screen.queryByLabelText('Account name')).toBeNull())
    expect(updateAccount).toHaveBeenLastCalledWith({ name: 'Mine' }, { ifMatch: '"2"' })
    expect(screen.getByText('Mine')).toBeVisible()
  })

  it('put the server’s words about passwords beside the fields', async () => {
    const errors = [
      { field: 'current_password', detail: 'current_password is not right' },
      { field: 'new_password', detail: 'new_password must not be on a list of leaked passwords' },
    ]
    const changePassword = vi.fn(async () => {
      throw problem(422, 'invalid-request', { errors })
    })
    const user = show('/account', { changePassword })
    await user.click(await screen.findByRole('button', { name: 'Change your password' }))
    await user.type(screen.getByLabelText('Current password'), 'what it was, I think')
    await user.type(screen.getByLabelText('New password'), 'correct horse battery')
    await user.click(screen.getByRole('button', { name: 'Change password' }))
    const current = await screen.findByText('This is not your current password.')
    expect(current).toBeVisible()
    expect(screen.getByLabelText('Current password')).toHaveFocus()
    expect(screen.getByLabelText('New password')).toHaveAccessibleDescription(
      /New password must not be on a list of leaked passwords\./,
    )
    expect(screen.getByLabelText('New password')).toHaveValue('correct horse battery')
  })

  it('offer to try again when they cannot be loaded', async () => {
    let broken = true
    const getMe = async () => {
      if (broken) throw problem(503, 'unavailable')
      return { ...ada, etag: '"1"' }
    }
    const user = show('/account', { getMe })
    const retry = await screen.findByRole('button', { name: 'Try again' })
    broken = false
    await user.click(retry)
    expect(await screen.findByRole('button', { name: 'Change your name' })).toBeVisible()
  })
})

describe('people', () => {
  const choose = async (user: ReturnType<typeof userEvent.setup>, name: string, item: string) => {
    const menu = await screen.findByRole('button', { name: `Actions for ${name}` })
    // happy-dom does not open popovers: the panel hears of it as it would.
    const panel = document.getElementById(menu.getAttribute('aria-controls') ?? '')
    const toggle = Object.assign(new Event('toggle'), { newState: 'open', oldState: 'closed' })
    panel?.dispatchEvent(toggle)
    await user.click(await screen.findByRole('button', { name: item }))
  }

  it('are for owners; a member learns whom to ask', async () => {
    const listUsers = vi.fn()
    show('/account/people', { listUsers }, 'member')
    expect(await screen.findByText('Only owners can open this page')).toBeVisible()
    expect(await screen.findByText('ada@example.com')).toBeVisible()
    expect(screen.getByRole('link', { name: 'Back to account settings' })).toBeVisible()
    expect(listUsers).not.toHaveBeenCalled()
  })

  it('stand in a table, oneself marked', async () => {
    show('/account/people')
    const table = await screen.findByRole('table', { name: 'People' })
    const rows = within(table).getAllByRole('row')
    expect(rows).toHaveLength(3)
    expect(rows[1]).toHaveTextContent('Ada Lovelace (you)')
    expect(rows[2]).not.toHaveTextContent('(you)')
  })

  it('are disabled only after the dialog said what happens', async () => {
    const updateUser = vi.fn(async () => ({ ...grace, disabled: true }))
    const user = show('/account/people', { updateUser })
    await choose(user, 'Grace Hopper', 'Disable')
    const dialog = await screen.findByRole('alertdialog', { name: /^Disable Grace Hopper ?\?$/ })
    expect(dialog).toHaveTextContent('Their 2 sessions end at once')
    expect(updateUser).not.toHaveBeenCalled()
    await user.click(within(dialog).getByRole('button', { name: 'Disable' }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(updateUser).toHaveBeenCalledExactlyOnceWith('grace', { disabled: true })
  })

  it('stay with their last owner, in words', async () => {
    const updateUser = async () => {
      throw problem(409, 'last-owner')
    }
    const user = show('/account/people', { updateUser })
    await choose(user, 'Ada Lovelace', 'Make member')
    const dialog = await screen.findByRole('alertdialog', { name: 'Make yourself a member?' })
    await user.click(within(dialog).getByRole('button', { name: 'Make member' }))
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('This account needs an owner')
    expect(within(dialog).getByRole('button', { name: 'Cancel' })).toBeEnabled()
  })

  it('who sign themselves out everywhere go without being told by whom', async () => {
    const { client } = fakeClient(someone(), {
      api: { ...answers, revokeUserSessions: async () => ({ revoked_count: 2 }) },
      forget: vi.fn(),
    })
    held.client = client
    renderPage(client, '/account/people', { '/account/people': People })
    const user = userEvent.setup()
    await choose(user, 'Ada Lovelace', 'Sign out everywhere')
    const dialog = await screen.findByRole('alertdialog', { name: 'Sign out yourself everywhere?' })
    expect(dialog).toHaveTextContent('All your sessions end, this one too.')
    await user.click(within(dialog).getByRole('button', { name: 'Sign out everywhere' }))
    await waitFor(() => expect(client.forget).toHaveBeenCalledExactlyOnceWith('logout'))
  })

  it('are invited with a link that is shown once', async () => {
    const createInvite = vi.fn(async () => ({
      id: 'i',
      invite_url: 'https://c.example/invite#token=abc',
      expires_at: '2036-01-01T00:00:00Z',
      mailed: false,
    }))
    const user = show('/account/people', { createInvite })
    await user.click(await screen.findByRole('button', { name: 'Invite a person' }))
    const dialog = await screen.findByRole('dialog', { name: 'Invite a person' })
    await user.click(within(dialog).getByRole('button', { name: 'Invite' }))
    expect(within(dialog).getByLabelText('Email address')).toHaveAccessibleDescription(
      'Enter their email address.',
    )
    await user.type(within(dialog).getByLabelText('Email address'), ' new@example.com ')
    await user.click(within(dialog).getByRole('button', { name: 'Invite' }))
    expect(await screen.findByLabelText('Invitation link')).toHaveValue('https://c.example/invite#token=abc')
    expect(screen.getByText(/No mail is sent from here/)).toBeVisible()
    expect(createInvite).toHaveBeenCalledExactlyOnceWith({ email: 'new@example.com', role: 'member' })
    await user.click(screen.getByRole('button', { name: 'Done' }))
    expect(screen.queryByLabelText('Invitation link')).toBeNull()
  })

  it('get a reset link, and the words when there is no password to reset', async () => {
    const createResetLink = vi.fn().mockRejectedValueOnce(problem(409, 'no-password')).mockResolvedValueOnce({
      reset_url: 'https://c.example/reset#token=x',
      expires_at: '2036-01-01T00:00:00Z',
    })
    const user = show('/account/people', { createResetLink })
    await choose(user, 'Grace Hopper', 'Make a reset link')
    await user.click(await screen.findByRole('button', { name: 'Make reset link' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('This person has no password here')
    await user.click(screen.getByRole('button', { name: 'Make reset link' }))
    expect(await screen.findByLabelText('Reset link')).toHaveValue('https://c.example/reset#token=x')
    expect(createResetLink).toHaveBeenCalledTimes(2)
  })

  it('make none for themselves', async () => {
    const user = show('/account/people')
    await screen.findByRole('button', { name: 'Actions for Ada Lovelace' })
    await expect(choose(user, 'Ada Lovelace', 'Make a reset link')).rejects.toThrow('Make a reset link')
    await user.click(screen.getByRole('button', { name: 'Make member' }))
  })
})
