import type { SessionState } from '@curfew/client'
import { screen, within } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { type FakeClient, fakeError } from '../src/dev/fake-client'
import { hostile, sampleSecurity, sampleSession } from '../src/dev/samples'
import { SessionPolicyCard } from '../src/index'
import { held, iso, pass, setOnline, setUp } from './helpers'
// There already, so that only what is tested takes time.
import '../src/policy/policy-form'

const radio = (name: RegExp | string) => screen.getByRole('radio', { name })
const idle = () => screen.getByLabelText('Idle limit')
const absolute = () => screen.getByLabelText('Maximum session')
const save = () => screen.getByRole('button', { name: 'Save' })
const limits = () => within(screen.getByRole('group', { name: 'Session limits' }))
const card = () => screen.getByRole('region', { name: 'Policy' })

async function open(set?: (fake: FakeClient) => void, ui = <SessionPolicyCard />) {
  const all = setUp(set)
  all.show(ui)
  await pass()
  return all
}

describe('SessionPolicyCard', () => {
  it('offers the presets of the server with their limits in words, and Custom', async () => {
    await open()
    expect(
      limits()
        .getAllByRole('radio')
        .map((r) => (r as HTMLInputElement).value),
    ).toEqual(['strict', 'standard', 'custom'])
    expect(radio(/Strict/)).toHaveAccessibleDescription('15 minutes idle, 12 hours in all')
    expect(radio(/Standard/)).toHaveAccessibleDescription('7 days idle, 14 days in all')
    expect(radio(/Standard/)).toBeChecked()
    expect(
      screen.getByText('Applies at next sign-in. Sessions already open keep their current limits.'),
    ).toBeVisible()
    expect(screen.getByText(/Last changed by/)).toHaveTextContent('Grace Hopper')
  })

  it('takes words in place of those that come with its code, and leaves the rest', async () => {
    setUp().show(<SessionPolicyCard />, {
      texts: { standards: { title: 'Im Vergleich', verdicts: { over: 'Darüber' } } },
    })
    await pass()
    expect(screen.getByRole('heading', { name: 'Im Vergleich' })).toBeVisible()
    expect(screen.getAllByText('Darüber').length).toBeGreaterThan(0)
    expect(screen.getByText('What these numbers leave out')).toBeVisible()
  })

  it('shows nothing of it, and nothing that was typed, to a member who signs in after the owner', async () => {
    const { user, fake } = await open()
    await user.type(screen.getByLabelText('Reason (optional)'), 'An audit')
    fake.answer('getSecurity', () => {
      throw fakeError('problem', 403)
    })
    const session = sampleSession as Extract<SessionState, { status: 'signed-in' }>
    fake.setSession({ ...session, user: { ...session.user, id: 'u-9', role: 'member' } })
    await pass()
    expect(card()).toHaveTextContent('Only owners of the account can do this.')
    expect(screen.queryAllByRole('radio')).toHaveLength(0)
    fake.answer('getSecurity', () => sampleSecurity())
    fake.setSession({ ...session, user: { ...session.user, id: 'u-8' } })
    await pass()
    expect(screen.getByLabelText('Reason (optional)')).toHaveValue('')
  })

  it('leaves out a preset that the server leaves out', async () => {
    await open((f) =>
      f.answer('getSecurity', () => sampleSecurity({ presets: sampleSecurity().presets.slice(1) })),
    )
    expect(screen.queryByRole('radio', { name: /Strict/ })).toBeNull()
    expect(limits().getAllByRole('radio')).toHaveLength(2)
  })

  it('shows the chosen preset in the disabled fields, which Custom opens', async () => {
    const { user } = await open()
    expect(idle()).toBeDisabled()
    expect(idle()).toHaveValue('10080')
    await user.click(radio(/Strict/))
    expect(idle()).toHaveValue('15')
    expect(absolute()).toHaveValue('720')
    expect(idle()).toHaveAccessibleDescription(expect.stringContaining('= 15 minutes'))
    await user.click(radio(/Custom/))
    expect(idle()).toBeEnabled()
    expect(idle()).toHaveValue('15')
    await user.clear(idle())
    await user.type(idle(), '10080')
    expect(idle()).toHaveAccessibleDescription(expect.stringContaining('= 7 days'))
  })

  it('moves through the radios by arrows', async () => {
    const { user } = await open()
    await user.tab()
    expect(radio(/Standard/)).toHaveFocus()
    await user.keyboard('{ArrowUp}')
    expect(radio(/Strict/)).toBeChecked()
    await user.keyboard('{ArrowDown}{ArrowDown}')
    expect(radio(/Custom/)).toBeChecked()
    expect(idle()).toBeEnabled()
  })

  it('waits 200 ms before it shows that it loads, and is busy meanwhile', async () => {
    await open((f) => f.answer('getSecurity', () => new Promise(() => {})))
    expect(card()).toHaveAttribute('aria-busy', 'true')
    expect(document.querySelector('.cf-skeleton')).toBeNull()
    await pass(199)
    expect(document.querySelector('.cf-skeleton')).toBeNull()
    await pass(1)
    expect(document.querySelector('.cf-skeleton')).not.toBeNull()
    expect(screen.queryByRole('radio')).toBeNull()
  })

  it('hides the form when it cannot be loaded, and tries again', async () => {
    let works = false
    const { user } = await open((f) =>
      f.answer('getSecurity', () => {
        if (!works) throw fakeError('timeout')
        return sampleSecurity()
      }),
    )
    expect(screen.getByRole('alert')).toHaveTextContent(
      'The policy could not be loaded. The server took too long',
    )
    expect(screen.queryByRole('radio')).toBeNull()
    works = true
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(radio(/Standard/)).toBeChecked()
  })

  it('asks nothing before somebody is signed in', async () => {
    const { called, fake } = await open((f) => f.setSession({ status: 'loading', error: null }))
    expect(called('getSecurity')).toHaveLength(0)
    fake.setSession({ status: 'signed-out', reason: 'idle' })
    await pass()
    expect(called('getSecurity')).toHaveLength(0)
  })

  it('stays readable offline, and says beside Save why it cannot be used', async () => {
    const { user, called } = await open()
    await setOnline(false)
    expect(save()).toHaveAttribute('aria-disabled', 'true')
    expect(save()).toHaveAccessibleDescription(expect.stringContaining("You're offline"))
    await user.click(radio(/Strict/))
    await user.click(save())
    expect(called('updateSecurity')).toHaveLength(0)
    await setOnline(true)
    expect(save()).not.toHaveAttribute('aria-disabled')
    expect(radio(/Strict/)).toBeChecked()
  })

  it('says what is wrong on leaving a field, then at each change until it is right', async () => {
    const { user } = await open()
    await user.click(radio(/Custom/))
    await user.clear(idle())
    await user.type(idle(), '14')
    expect(idle()).not.toHaveAttribute('aria-invalid')
    await user.tab()
    expect(idle()).toHaveAttribute('aria-invalid', 'true')
    expect(idle()).toHaveAccessibleDescription(expect.stringContaining('Enter 15 to 43,200 minutes.'))
    await user.type(idle(), '.')
    expect(idle()).toHaveAccessibleDescription(expect.stringContaining('Enter whole minutes'))
    await user.clear(idle())
    expect(idle()).toHaveAccessibleDescription(expect.stringContaining('Enter the minutes.'))
    await user.type(idle(), '30')
    expect(idle()).not.toHaveAttribute('aria-invalid')
    expect(idle()).toHaveAccessibleDescription(expect.stringContaining('= 30 minutes'))
  })

  it('says that idle may not exceed the whole, also when the whole was made shorter', async () => {
    const { user } = await open()
    await user.click(radio(/Custom/))
    await user.clear(absolute())
    await user.type(absolute(), '120')
    await user.tab()
    expect(idle()).toHaveAccessibleDescription(
      expect.stringContaining('cannot be longer than the maximum session, 2 hours.'),
    )
  })

  it('goes to the first wrong field when Save is pressed, and sends nothing', async () => {
    const { user, called } = await open()
    await user.click(radio(/Custom/))
    await user.clear(absolute())
    await user.type(absolute(), 'soon')
    expect(save()).not.toHaveAttribute('aria-disabled')
    await user.click(save())
    expect(absolute()).toHaveFocus()
    await user.clear(idle())
    await user.click(save())
    expect(idle()).toHaveFocus()
    expect(called('updateSecurity')).toHaveLength(0)
  })

  it('shows a stored value outside the bounds as it is, with what it counts as', async () => {
    await open((f) =>
      f.answer('getSecurity', () =>
        sampleSecurity({
          preset: 'custom',
          idle_minutes: 5,
          effective_idle_minutes: 15,
          absolute_minutes: 720,
        }),
      ),
    )
    expect(idle()).toHaveValue('5')
    expect(idle()).not.toHaveAttribute('aria-invalid')
    expect(idle()).toHaveAccessibleDescription(
      expect.stringContaining('5 is outside what is allowed now, and counts as 15 minutes.'),
    )
  })

  it('moves the comparison with the draft, and says what it leaves out', async () => {
    const { user } = await open()
    const row = (name: string) =>
      screen.getByText(name, { selector: '.cf-standard > span' }).closest('li') as HTMLElement
    expect(row('NIST SP 800-63B-4 AAL1')).toHaveTextContent('Within')
    expect(row('NIST SP 800-63B-4 AAL2')).toHaveTextContent('1 hour idle, 24 hours in all')
    expect(row('NIST SP 800-63B-4 AAL2')).toHaveTextContent('Over')
    await user.click(radio(/Strict/))
    expect(row('NIST SP 800-63B-4 AAL2')).toHaveTextContent('Within')
    expect(row('PCI DSS 4.0.1, 8.2.8')).toHaveTextContent('Within')
    expect(row('DISA ASD STIG V-222389/90')).toHaveTextContent(
      '15 minutes idle, administrators 10 minutesDepends',
    )
    expect(screen.getByText(/Not decided by numbers: HIPAA/)).toBeVisible()
    expect(card().textContent).not.toMatch(/complian/i)
    // A wrong number leaves the comparison where it was.
    await user.click(radio(/Custom/))
    await user.clear(idle())
    expect(row('PCI DSS 4.0.1, 8.2.8')).toHaveTextContent('Within')
  })

  it('tells the draft to the page whenever it moves, and shows what the page puts inside', async () => {
    const onDraft = vi.fn()
    const { user } = await open(
      undefined,
      <SessionPolicyCard onDraft={onDraft} className="own">
        <p>timeline</p>
      </SessionPolicyCard>,
    )
    expect(onDraft).toHaveBeenLastCalledWith({ idle_minutes: 10080, absolute_minutes: 20160 })
    await user.click(radio(/Strict/))
    expect(onDraft).toHaveBeenLastCalledWith({ idle_minutes: 15, absolute_minutes: 720 })
    const before = onDraft.mock.calls.length
    await user.click(radio(/Custom/))
    await user.clear(idle())
    expect(onDraft.mock.calls.length).toBe(before)
    expect(within(card()).getByText('timeline')).toBeVisible()
    expect(card()).toHaveClass('own')
  })

  it('keeps what was typed when the policy is loaded again', async () => {
    const { fake, user } = await open()
    await user.click(radio(/Custom/))
    await user.clear(idle())
    await user.type(idle(), '77')
    fake.answer('getSecurity', () => sampleSecurity({ preset: 'custom', idle_minutes: 30, etag: '"p9"' }))
    fake.emit('policy-changed', { etag: '"p9"' })
    await pass()
    expect(idle()).toHaveValue('77')
  })

  it('follows a change of another tab while nothing was edited', async () => {
    const { fake } = await open()
    fake.answer('getSecurity', () =>
      sampleSecurity({ preset: 'strict', idle_minutes: 15, absolute_minutes: 720 }),
    )
    fake.emit('policy-changed', { etag: '"p9"' })
    await pass()
    expect(radio(/Strict/)).toBeChecked()
  })

  it('never lets a late answer replace a later one', async () => {
    const first = held()
    let turn = 0
    const { fake } = await open((f) =>
      f.answer('getSecurity', () => (turn++ < 2 ? first.promise : sampleSecurity({ updated_at: iso(-5) }))),
    )
    fake.emit('policy-changed', { etag: null })
    await pass()
    expect(screen.getByText(/5 min ago/)).toBeVisible()
    first.resolve(sampleSecurity({ updated_at: iso(-60 * 24) }))
    await pass()
    expect(screen.getByText(/5 min ago/)).toBeVisible()
  })

  it('shows hostile names as text', async () => {
    await open((f) =>
      f.answer('getSecurity', () => sampleSecurity({ updated_by: { id: 'x', name: hostile.markup } })),
    )
    expect(screen.getByText(/Last changed by/)).toHaveTextContent('<img src=x onerror=alert(1)>')
    expect(document.querySelector('img')).toBeNull()
  })
})
