import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { type FakeClient, fakeError } from '../src/dev/fake-client'
import { sampleSecurity } from '../src/dev/samples'
import { SessionPolicyCard } from '../src/index'
import type { Security } from '../src/types'
import { pass, setUp } from './helpers'
// There already, so that only what is tested takes time.
import '../src/policy/policy-form'

const number = () => screen.getByLabelText('Sessions per person')
const action = (name: string) => screen.getByRole('radio', { name })
const evict = () => action('End their session that was used least recently')
const refuse = () => action('Refuse the new sign-in')
const save = () => screen.getByRole('button', { name: 'Save' })

async function open(own: Partial<Security> = {}, set?: (fake: FakeClient) => void) {
  const all = setUp((fake) => {
    fake.answer('getSecurity', () => sampleSecurity(own))
    set?.(fake)
  })
  all.show(<SessionPolicyCard />)
  await pass()
  return { ...all, sent: () => all.called('updateSecurity').map((call) => call[1]) }
}

describe('the limit on the sessions of one person', () => {
  it('is none at first, and what happens at it waits for a number', async () => {
    await open()
    expect(number()).toHaveValue('')
    expect(number()).toHaveAccessibleDescription(/Leave it empty for no limit\./)
    expect(evict()).toBeChecked()
    expect(evict()).toBeDisabled()
    expect(refuse()).toBeDisabled()
  })

  it('is sent alone when nothing else changed, and not with what is stored', async () => {
    const { user, sent } = await open()
    await user.type(number(), ' 3 ')
    await user.click(refuse())
    await user.click(save())
    expect(sent()).toEqual([{ max_sessions_per_user: 3, session_limit_action: 'refuse_new' }])
  })

  it('is kept while another radio is chosen, and is no part of the preview', async () => {
    const { user, sent, called } = await open()
    await user.type(number(), '3')
    await user.click(screen.getByRole('radio', { name: /Strict/ }))
    await user.click(screen.getByRole('checkbox', { name: /Apply to open sessions now/ }))
    await pass(300)
    expect(called('previewSecurity').map((call) => call[1])).toEqual([
      { idle_minutes: 15, absolute_minutes: 720 },
    ])
    expect(number()).toHaveValue('3')
    await user.click(save())
    expect(sent()).toEqual([
      { idle_minutes: 15, absolute_minutes: 720, max_sessions_per_user: 3, apply_to: 'all_sessions' },
    ])
  })

  it('is cleared with an empty field', async () => {
    const { user, sent } = await open({ max_sessions_per_user: 3, effective_max_sessions_per_user: 3 })
    expect(number()).toHaveValue('3')
    expect(evict()).toBeEnabled()
    await user.clear(number())
    expect(evict()).toBeDisabled()
    await user.click(save())
    expect(sent()).toEqual([{ max_sessions_per_user: null }])
  })

  it.each([
    ['0', 'Enter 1 to 100, or leave it empty.'],
    ['101', 'Enter 1 to 100, or leave it empty.'],
    ['1.5', 'Enter a whole number, such as 3, or leave it empty.'],
    ['-1', 'Enter a whole number, such as 3, or leave it empty.'],
  ])('says what is wrong with %s once one looks away, and sends nothing', async (text, words) => {
    const { user, sent } = await open()
    await user.type(number(), text)
    expect(number()).not.toHaveAttribute('aria-invalid')
    await user.tab()
    expect(number()).toHaveAccessibleDescription(new RegExp(words.replaceAll('.', '\\.')))
    await user.click(save())
    expect(number()).toHaveFocus()
    expect(number()).toHaveAttribute('aria-invalid', 'true')
    expect(sent()).toEqual([])
    await user.clear(number())
    expect(number()).not.toHaveAttribute('aria-invalid')
  })

  it('follows the most that the account may have', async () => {
    const { user, sent } = await open({ max_sessions_per_user_max: 5, effective_max_sessions_per_user: 5 })
    expect(number()).toHaveAccessibleDescription(/Leave it empty for the most allowed, 5\./)
    expect(refuse()).toBeEnabled()
    await user.type(number(), '6')
    await user.click(save())
    expect(number()).toHaveAccessibleDescription(/Enter 1 to 5, or leave it empty\./)
    await user.clear(number())
    await user.click(refuse())
    await user.click(save())
    expect(sent()).toEqual([{ session_limit_action: 'refuse_new' }])
  })

  it('shows a stored number outside the bounds, and what it counts as', async () => {
    const own = { max_sessions_per_user: 9, max_sessions_per_user_max: 5, effective_max_sessions_per_user: 5 }
    const { user, sent } = await open(own)
    expect(number()).toHaveAccessibleDescription(/9 is outside what is allowed now, and counts as 5\./)
    await user.click(refuse())
    await user.click(save())
    expect(sent()).toEqual([{ session_limit_action: 'refuse_new' }])
  })

  it('shows what the server refuses at the field', async () => {
    const { user } = await open({}, (fake) =>
      fake.answer('updateSecurity', () => {
        throw fakeError('problem', 422, {
          errors: [
            { field: 'max_sessions_per_user', detail: 'max_sessions_per_user must be between 1 and 2' },
          ],
        })
      }),
    )
    await user.type(number(), '3')
    await user.click(save())
    expect(number()).toHaveAccessibleDescription(/must be between 1 and 2/)
    expect(number()).toHaveFocus()
    await user.type(number(), '{Backspace}')
    expect(number()).not.toHaveAttribute('aria-invalid')
  })

  it('is named in a conflict where the two differ', async () => {
    const theirs = sampleSecurity({
      max_sessions_per_user: 2,
      effective_max_sessions_per_user: 2,
      etag: '"p9"',
    })
    const { user, fake, sent } = await open({}, (f) =>
      f.answer('updateSecurity', () => {
        throw fakeError('problem', 412)
      }),
    )
    await user.type(number(), '4')
    fake.answer('getSecurity', () => theirs)
    await user.click(save())
    expect(screen.getByRole('alert')).toHaveTextContent('2 sessions per person')
    expect(screen.getByRole('alert')).toHaveTextContent('4 sessions per person')
    await user.click(screen.getByRole('button', { name: 'Keep mine' }))
    expect(sent()).toEqual([{ max_sessions_per_user: 4 }, { max_sessions_per_user: 4 }])
  })

  it('says the words that an app puts in their place', async () => {
    const { show } = setUp()
    show(<SessionPolicyCard />, { texts: { perPerson: { label: 'Geräte je Person' } } })
    await pass()
    expect(screen.getByLabelText('Geräte je Person')).toBeVisible()
  })
})
