import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { Button } from '../src/ui/button'
import { FailureNote } from '../src/ui/failure'
import { Field, PasswordInput, TextInput } from '../src/ui/field'
import { emailError, onlyWrong, useForm } from '../src/ui/form'
import { problem } from './problem'

function Sample({ send }: { send: () => Promise<void> }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const form = useForm({
    names: ['email', 'password'] as const,
    check: () =>
      onlyWrong({ email: emailError(email), password: password ? undefined : 'Enter your password.' }),
    send,
  })
  return (
    <form ref={form.ref} onSubmit={form.onSubmit} noValidate>
      {form.failure ? <FailureNote error={form.failure} /> : null}
      <Field label="Email" error={form.errors.email}>
        {(ids) => (
          <TextInput
            {...ids}
            value={email}
            onChange={(event) => {
              setEmail(event.target.value)
              form.touched('email')
            }}
          />
        )}
      </Field>
      <Field label="Password" hint="Long" error={form.errors.password}>
        {(ids) => (
          <PasswordInput {...ids} value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="submit" busy={form.busy}>
        {form.busy ? 'Sending…' : 'Send'}
      </Button>
    </form>
  )
}

const email = () => screen.getByLabelText('Email')
const password = () => screen.getByLabelText('Password')
const press = () => userEvent.click(screen.getByRole('button', { name: /send/i }))

describe('a form', () => {
  it('points at the first wrong field and says what is expected, without asking the server', async () => {
    const send = vi.fn(async () => {})
    render(<Sample send={send} />)
    await press()
    expect(send).not.toHaveBeenCalled()
    expect(email()).toHaveFocus()
    expect(email()).toHaveAccessibleDescription('Enter your email address.')
    expect(password()).toHaveAccessibleDescription('Long Enter your password.')

    await userEvent.type(email(), 'a')
    expect(email()).not.toHaveAttribute('aria-invalid')
    expect(password()).toBeInvalid()
    await press()
    expect(email()).toHaveAccessibleDescription('Enter an email address like name@example.com.')
    expect(email()).toHaveFocus()
  })

  it('puts the server’s field errors into the same slots and keeps what was typed', async () => {
    const send = async () => {
      throw problem(422, 'invalid-request', {
        errors: [{ field: 'password', detail: 'password is too common' }],
      })
    }
    render(<Sample send={send} />)
    await userEvent.type(email(), 'ada@example.com')
    await userEvent.type(password(), 'password')
    await press()
    expect(password()).toHaveAccessibleDescription('Long Password is too common.')
    expect(password()).toHaveFocus()
    expect(password()).toHaveValue('password')
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('shows above the fields what belongs to none of them', async () => {
    const send = vi.fn(async () => {
      throw problem(422, 'invalid-request', {
        title: 'Invalid request',
        errors: [{ field: 'other', detail: 'other is bad' }],
      })
    })
    render(<Sample send={send} />)
    await userEvent.type(email(), 'ada@example.com')
    await userEvent.type(password(), 'password')
    await press()
    expect(screen.getByRole('alert')).toHaveTextContent('Invalid request')
    expect(password()).toBeValid()
  })

  it('sends once while it is sending, and keeps the button’s focus', async () => {
    let finish = () => {}
    const send = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)))
    render(<Sample send={send} />)
    await userEvent.type(email(), 'ada@example.com')
    await userEvent.type(password(), 'password{Enter}')
    const button = screen.getByRole('button', { name: 'Sending…' })
    button.focus()
    await userEvent.click(button)
    await userEvent.type(password(), '{Enter}')
    expect(send).toHaveBeenCalledTimes(1)
    expect(button).not.toBeDisabled()
    finish()
    await waitFor(() => expect(screen.getByRole('button', { name: 'Send' })).toBeInTheDocument())
  })

  it('shows and hides the password', async () => {
    render(<Sample send={async () => {}} />)
    expect(password()).toHaveAttribute('type', 'password')
    await userEvent.click(screen.getByRole('button', { name: 'Show password' }))
    expect(password()).toHaveAttribute('type', 'text')
    await userEvent.click(screen.getByRole('button', { name: 'Hide password' }))
    expect(password()).toHaveAttribute('type', 'password')
  })
})
