import { act, fireEvent, screen } from '@testing-library/react'
import { useState } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { type FakeClient, fakeError } from '../src/dev/fake-client'
import { RevokeSessionsDialog, type RevokeSessionsDialogProps } from '../src/index'
import { held, pass, setUp } from './helpers'

const dialog = () => screen.queryByRole('alertdialog')
const button = (name: string) => screen.getByRole('button', { name })
const receipt = { id: 'receipt-1', token: 'cfq_secret', expires_at: '2026-03-10T12:30:00Z' }
const action = 'Sign me out and everyone else'

function Ask({ onDone = () => {}, ...props }: Partial<RevokeSessionsDialogProps>) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        ask
      </button>
      <RevokeSessionsDialog
        scope="all"
        people={4}
        sessions={7}
        accountName="Harbour & Pine"
        ttlMinutes={5}
        {...props}
        open={open}
        onClose={() => setOpen(false)}
        onDone={(count, receipt) => {
          setOpen(false)
          onDone(count, receipt)
        }}
      />
    </>
  )
}

async function ask(props: Partial<RevokeSessionsDialogProps> = {}, set?: (fake: FakeClient) => void) {
  const kit = setUp(set)
  kit.show(<Ask {...props} />)
  await kit.user.click(button('ask'))
  return kit
}

describe('RevokeSessionsDialog', () => {
  it('asks its question, says who and how soon, and starts on Cancel', async () => {
    await ask({ className: 'own' })
    expect(dialog()).toHaveAccessibleName('Sign me out and everyone else?')
    expect(dialog()).toHaveAccessibleDescription(
      '4 people will be signed out, you included, in 7 sessions. At once here. Apps that check sign-ins themselves follow within a second if they report here, else within 5 minutes.',
    )
    expect(dialog()).toHaveClass('own')
    expect(button('Cancel')).toHaveFocus()
    expect(screen.getAllByRole('button').map((b) => b.textContent)).toEqual(['ask', 'Cancel', action])
    expect(screen.queryByRole('textbox')).toBeNull()
  })

  it('says for the others that the caller stays', async () => {
    await ask({ scope: 'others', people: 1, sessions: 3 })
    expect(dialog()).toHaveAccessibleName('Sign out everyone except me?')
    expect(dialog()).toHaveTextContent(
      '1 other person will be signed out, in 3 sessions. You stay signed in on all your devices.',
    )
    expect(button('Sign out everyone except me')).toHaveClass('cf-button-danger')
  })

  it.each([
    ['Cancel', async () => fireEvent.click(button('Cancel'))],
    ['Escape', async () => fireEvent(dialog() as HTMLElement, new Event('cancel', { cancelable: true }))],
    ['the backdrop', async () => fireEvent.click(dialog() as HTMLElement)],
  ])('is given up by %s', async (_, leave) => {
    const { called } = await ask()
    await act(leave)
    expect(dialog()).toBeNull()
    expect(called('revokeSessions')).toHaveLength(0)
  })

  it('is not given up by a click inside it', async () => {
    await ask()
    fireEvent.click(screen.getByText(/4 people/))
    expect(dialog()).toBeInTheDocument()
  })

  it('runs once, and cannot be given up while it does', async () => {
    const answer = held()
    const done = vi.fn()
    const { user, called } = await ask({ onDone: done }, (f) =>
      f.answer('revokeSessions', () => answer.promise),
    )
    await user.click(button(action))
    const running = button('Signing out…')
    expect(running).toHaveFocus()
    expect(running).toHaveAttribute('aria-disabled', 'true')
    await user.click(running)
    await user.click(button('Cancel'))
    await user.click(dialog() as HTMLElement)
    const cancel = new Event('cancel', { cancelable: true })
    fireEvent(dialog() as HTMLElement, cancel)
    expect(cancel.defaultPrevented).toBe(true)
    const key = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })
    fireEvent(dialog() as HTMLElement, key)
    expect(key.defaultPrevented).toBe(true)
    expect(dialog()).toBeInTheDocument()
    expect(called('revokeSessions')).toEqual([['revokeSessions', { scope: 'all' }]])
    answer.resolve({ revoked_count: 7, receipt })
    await pass()
    expect(done).toHaveBeenCalledExactlyOnceWith(7, receipt)
    expect(dialog()).toBeNull()
  })

  it.each([
    [fakeError('problem', 503), 'Nobody was signed out. The server could not do this.'],
    [fakeError('timeout'), 'It is not known whether people were signed out. Trying again does no harm.'],
  ])('says inside that it failed, and tries again', async (error, words) => {
    let works = false
    const done = vi.fn()
    const { user } = await ask({ onDone: done }, (f) =>
      f.answer('revokeSessions', () => {
        if (!works) throw error
        return { revoked_count: 7, receipt }
      }),
    )
    await user.click(button(action))
    expect(screen.getByRole('alert')).toHaveTextContent(words)
    expect(dialog()).toContainElement(screen.getByRole('alert'))
    works = true
    await user.click(button('Try again'))
    expect(done).toHaveBeenCalledWith(7, receipt)
  })

  it.each([
    [25, false],
    [26, true],
    [null, true],
  ])('asks for the name of the account when %s people are signed out: %s', async (people, typed) => {
    await ask({ people })
    expect(screen.queryByRole('textbox') !== null).toBe(typed)
  })

  it('never asks for it where the caller stays', async () => {
    await ask({ scope: 'others', people: 400 })
    expect(screen.queryByRole('textbox')).toBeNull()
  })

  it('goes to the field until the name is right', async () => {
    const { user, called } = await ask({ people: 31 })
    await user.click(button(action))
    const field = screen.getByRole('textbox', { name: /Type .*Harbour & Pine.* to confirm/ })
    expect(field).toHaveFocus()
    expect(field).toHaveAccessibleDescription('This is not the name of the account.')
    await user.type(field, 'harbour & pine{Enter}')
    expect(called('revokeSessions')).toHaveLength(0)
    await user.clear(field)
    await user.type(field, ' Harbour  & Pine {Enter}')
    expect(called('revokeSessions')).toHaveLength(1)
  })

  it('takes a name as it is read, or copied from the question', async () => {
    const { user, called } = await ask({ people: 31, accountName: 'Acme\u2069\u202E gpj' })
    const field = screen.getByRole('textbox', { name: 'Type \u2068Acme gpj\u2069 to confirm' })
    await user.type(field, 'Acme{Enter}')
    expect(called('revokeSessions')).toHaveLength(0)
    await user.clear(field)
    await user.type(field, '\u2068Acme gpj\u2069{Enter}')
    expect(called('revokeSessions')).toHaveLength(1)
  })

  it('starts anew each time it opens', async () => {
    const { user } = await ask({ people: 31 }, (f) =>
      f.answer('revokeSessions', () => {
        throw fakeError('offline')
      }),
    )
    await user.type(screen.getByRole('textbox'), 'Harbour & Pine{Enter}')
    expect(screen.getByRole('alert')).toBeInTheDocument()
    await user.click(button('Cancel'))
    await user.click(button('ask'))
    expect(screen.getByRole('textbox')).toHaveValue('')
    expect(screen.queryByRole('alert')).toBeNull()
  })
})
