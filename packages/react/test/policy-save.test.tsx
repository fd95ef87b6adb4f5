import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { type FakeClient, fakeError } from '../src/dev/fake-client'
import { samplePreview, sampleSecurity } from '../src/dev/samples'
import { SessionPolicyCard } from '../src/index'
import { held, iso, pass, setUp } from './helpers'
// There already, so that only what is tested takes time.
import '../src/policy/policy-form'

const radio = (name: RegExp) => screen.getByRole('radio', { name })
const idle = () => screen.getByLabelText('Idle limit')
const reason = (label = 'Reason (optional)') => screen.getByLabelText(label)
const apply = () => screen.getByRole('checkbox', { name: /Apply to open sessions now/ })
const button = (name: string) => screen.getByRole('button', { name })
const strict = sampleSecurity({ preset: 'strict', idle_minutes: 15, absolute_minutes: 720, etag: '"p8"' })

async function open(set?: (fake: FakeClient) => void) {
  const all = setUp(set)
  all.show(<SessionPolicyCard />)
  await pass()
  return all
}

describe('saving a policy', () => {
  it('sends what changed with the version it was based on, and says that it worked', async () => {
    const answer = held()
    const { user, called, fake } = await open((f) => f.answer('updateSecurity', () => answer.promise))
    await user.click(radio(/Strict/))
    await user.type(reason(), '  Quarterly review ')
    await user.click(button('Save'))
    expect(called('updateSecurity')[0]?.slice(1, 3)).toEqual([
      { idle_minutes: 15, absolute_minutes: 720, reason: 'Quarterly review' },
      expect.objectContaining({ ifMatch: '"p7"' }),
    ])
    // While it runs: readable, not editable, and the focus stays.
    const saving = button('Saving…')
    expect(saving).toHaveFocus()
    expect(saving).toHaveAttribute('aria-disabled', 'true')
    expect(idle()).toHaveAttribute('readonly')
    await user.click(radio(/Standard/))
    expect(radio(/Strict/)).toBeChecked()
    await user.click(saving)
    expect(called('updateSecurity')).toHaveLength(1)

    fake.answer('getSecurity', () => strict)
    answer.resolve(strict)
    await pass()
    const status = screen.getByText('Policy saved').closest('[role=status]')
    expect(status?.querySelector('.cf-ping')).not.toBeNull()
    expect(reason()).toHaveValue('')
    expect(radio(/Strict/)).toBeChecked()
    await pass(2499)
    expect(screen.getByText('Policy saved')).toBeVisible()
    await pass(1)
    expect(screen.queryByText('Policy saved')).toBeNull()
    // The next change stands on the new version.
    await user.click(radio(/Standard/))
    await user.click(button('Save'))
    expect(called('updateSecurity')[1]?.slice(1, 3)).toEqual([
      { idle_minutes: null, absolute_minutes: null },
      expect.objectContaining({ ifMatch: '"p8"' }),
    ])
  })

  it('sends nothing when nothing changed', async () => {
    const { user, called } = await open()
    await user.click(button('Save'))
    expect(called('updateSecurity')).toHaveLength(0)
    expect(screen.getByText(/Nothing to save/)).toBeVisible()
  })

  it('saves by Enter in a field', async () => {
    const { user, called } = await open()
    await user.click(radio(/Custom/))
    await user.clear(idle())
    await user.type(idle(), '60{Enter}')
    expect(called('updateSecurity')[0]?.[1]).toEqual({ idle_minutes: 60, absolute_minutes: 20160 })
  })

  it('puts what the server says into the slots of the fields, until they are edited', async () => {
    const { user } = await open((f) =>
      f.answer('updateSecurity', () => {
        throw fakeError('problem', 422, {
          detail: 'idle_minutes must be between 15 and 43200',
          errors: [
            { field: 'idle_minutes', detail: 'idle_minutes must be between 15 and 43200' },
            { field: 'reason', detail: 'A reason is required.' },
          ],
        })
      }),
    )
    await user.click(radio(/Custom/))
    await user.click(button('Save'))
    expect(idle()).toHaveFocus()
    expect(idle()).toHaveAccessibleDescription(
      expect.stringContaining('Idle minutes must be between 15 and 43200'),
    )
    expect(reason('Reason')).toHaveAccessibleDescription(expect.stringContaining('A reason is required.'))
    expect(screen.queryByRole('alert')).toBeNull()
    await user.type(reason('Reason'), 'Because')
    expect(reason('Reason')).not.toHaveAttribute('aria-invalid')
    expect(idle()).toHaveAttribute('aria-invalid', 'true')
  })

  it.each([
    [
      fakeError('problem', 503),
      'The policy was not saved. The server could not do this. Reference: K3QJ7WZ2M5T4XH6N',
    ],
    [fakeError('problem', 403), 'The policy was not saved. Only owners of the account can do this.'],
    [
      fakeError('problem', 422, {
        detail: 'Effective idle (43200min) cannot exceed effective absolute (20160min)',
      }),
      'The policy was not saved. Effective idle (43200min) cannot exceed effective absolute (20160min)',
    ],
    [fakeError('problem', 429, { retryAfterSeconds: 20 }), 'Too many requests. Wait 20 seconds.'],
    [fakeError('problem', 429, { retryAfterSeconds: 600 }), 'Too many requests. Wait 10 minutes.'],
    [fakeError('timeout'), 'It is not known whether the policy was saved.'],
    [fakeError('nonsense'), 'The answer did not come from Curfew.'],
    [new Error('boom'), 'Something did not work.'],
  ])('says what stands in the way (%#)', async (error, words) => {
    const { user } = await open((f) =>
      f.answer('updateSecurity', () => {
        throw error
      }),
    )
    await user.click(radio(/Strict/))
    await user.click(button('Save'))
    expect(screen.getByRole('alert')).toHaveTextContent(words)
    expect(radio(/Strict/)).toBeChecked()
  })
})

describe('a policy that somebody else changed first', () => {
  const theirs = sampleSecurity({
    preset: 'custom',
    idle_minutes: 480,
    absolute_minutes: 10080,
    effective_idle_minutes: 480,
    effective_absolute_minutes: 10080,
    updated_at: iso(-2),
    etag: '"p9"',
  })
  const conflict = (f: FakeClient) =>
    f.answer('updateSecurity', (_: object, { ifMatch }: { ifMatch: string }) => {
      f.answer('getSecurity', () => theirs)
      if (ifMatch !== '"p9"') throw fakeError('problem', 412)
      return strict
    })

  it('says who, when and what, and keeps what was typed', async () => {
    const { user } = await open(conflict)
    await user.click(radio(/Strict/))
    await user.type(reason(), 'Audit')
    await user.click(button('Save'))
    const alert = screen.getByRole('alert')
    expect(alert).toHaveTextContent(/Grace Hopper.* changed the policy 2 min ago, while you were editing/)
    expect(within(alert).getByText('Theirs').nextSibling).toHaveTextContent('8 hours idle, 7 days in all')
    expect(within(alert).getByText('Yours').nextSibling).toHaveTextContent('15 minutes idle, 12 hours in all')
    expect(radio(/Strict/)).toBeChecked()
    expect(reason()).toHaveValue('Audit')
  })

  it('takes theirs', async () => {
    const { user, called } = await open(conflict)
    await user.click(radio(/Strict/))
    await user.click(button('Save'))
    await user.click(button('Use theirs'))
    expect(screen.queryByRole('alert')).toBeNull()
    expect(radio(/Custom/)).toBeChecked()
    expect(idle()).toHaveValue('480')
    expect(button('Save')).toHaveFocus()
    expect(called('updateSecurity')).toHaveLength(1)
  })

  it('saves mine over theirs', async () => {
    const { user, called } = await open(conflict)
    await user.click(radio(/Strict/))
    await user.click(button('Save'))
    await user.click(button('Keep mine'))
    expect(called('updateSecurity')[1]?.slice(1, 3)).toEqual([
      { idle_minutes: 15, absolute_minutes: 720 },
      expect.objectContaining({ ifMatch: '"p9"' }),
    ])
    expect(screen.getByText('Policy saved')).toBeVisible()
    expect(screen.queryByRole('alert')).toBeNull()
  })
})

describe('applying a policy to open sessions', () => {
  it('shows by name who is affected, before anything is saved', async () => {
    const { user, called } = await open((f) => f.answer('previewSecurity', () => samplePreview()))
    await user.click(radio(/Strict/))
    await user.click(apply())
    expect(screen.getByText('Working out who is affected…')).toBeVisible()
    expect(called('previewSecurity')).toHaveLength(0)
    await pass(300)
    expect(called('previewSecurity')[0]?.[1]).toEqual({ idle_minutes: 15, absolute_minutes: 720 })
    const status = screen.getByText(/4 sessions end now/).closest('[role=status]')
    expect(status).toHaveTextContent('9 sessions get shorter. 4 people are affected.')
    expect(status).toHaveTextContent('Your own session ends too')
    const people = within(screen.getByRole('region', { name: 'Who is affected' })).getAllByRole('listitem')
    expect(people[1]).toHaveTextContent('Alan Turing3 end')
    expect(people[2]?.querySelector('bdi')).toHaveTextContent('Grace')
    expect(screen.getByText('Applies at next sign-in, and to sessions already open at once.')).toBeVisible()
    expect(called('updateSecurity')).toHaveLength(0)
    await user.click(button('Save'))
    expect(called('updateSecurity')[0]?.[1]).toEqual({
      idle_minutes: 15,
      absolute_minutes: 720,
      apply_to: 'all_sessions',
    })
    expect(apply()).not.toBeChecked()
  })

  it('applies the policy in force when only that is asked', async () => {
    const { user, called } = await open()
    await user.click(apply())
    await pass(300)
    expect(called('previewSecurity')[0]?.[1]).toEqual({})
    expect(screen.getByText('No open session would change.')).toBeVisible()
    await user.click(button('Save'))
    expect(called('updateSecurity')[0]?.[1]).toEqual({ apply_to: 'all_sessions' })
  })

  it('asks once for a form at rest, and drops late answers', async () => {
    const slow = held()
    const { user, called } = await open((f) =>
      f.answer('previewSecurity', (body: { idle_minutes?: number }) =>
        body.idle_minutes === 15 ? slow.promise : samplePreview({ users_affected: 7 }),
      ),
    )
    await user.click(radio(/Strict/))
    await user.click(apply())
    await pass(300)
    await user.click(radio(/Custom/))
    await user.clear(idle())
    await user.type(idle(), '60')
    await pass(300)
    expect(called('previewSecurity')).toHaveLength(2)
    expect(screen.getByText(/7 people are affected/)).toBeVisible()
    slow.resolve(samplePreview({ users_affected: 99 }))
    await pass()
    expect(screen.queryByText(/99 people/)).toBeNull()
  })

  it('waits while a number is wrong', async () => {
    const { user, called } = await open()
    await user.click(radio(/Custom/))
    await user.clear(idle())
    await user.click(apply())
    await pass(1000)
    expect(called('previewSecurity')).toHaveLength(0)
    expect(screen.getByText('Correct the limits to see who is affected.')).toBeVisible()
  })

  it('says that the list was cut off, and that the caller stays', async () => {
    const { user } = await open((f) =>
      f.answer('previewSecurity', () =>
        samplePreview({ users_truncated: true, users_affected: 340, ends_current_session: false }),
      ),
    )
    await user.click(apply())
    await pass(300)
    expect(screen.getByText('The first 4 of 340 people.')).toBeVisible()
    expect(screen.getByText('You stay signed in.')).toBeVisible()
  })

  it('says that it failed, and tries again', async () => {
    let works = false
    const { user } = await open((f) =>
      f.answer('previewSecurity', () => {
        if (!works) throw fakeError('offline')
        return samplePreview()
      }),
    )
    await user.click(apply())
    await pass(300)
    expect(screen.getByRole('alert')).toHaveTextContent('It could not be worked out who is affected.')
    works = true
    await user.click(button('Try again'))
    await pass(300)
    expect(screen.queryByRole('alert')).toBeNull()
    expect(screen.getByText(/4 sessions end now/)).toBeVisible()
  })
})
