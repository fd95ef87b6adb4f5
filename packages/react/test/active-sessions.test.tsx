import type { SessionState } from '@curfew/client'
import { act, screen, within } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { type FakeClient, fakeError } from '../src/dev/fake-client'
import {
  hostile,
  sampleCrowd,
  sampleHostile,
  samplePersonAlone,
  sampleReceiptKey,
  sampleSecurity,
  sampleSession,
  sampleSessions,
} from '../src/dev/samples'
import { ActiveSessionsCard, Toasts } from '../src/index'
import { pass, setOnline, setUp } from './helpers'

const button = (name: string | RegExp) => screen.getByRole('button', { name })
const noButton = (name: string | RegExp) => screen.queryByRole('button', { name })
const card = () => screen.getByRole('region', { name: 'Active sessions' })
const rows = () => [...document.querySelectorAll<HTMLElement>('.cf-person')]
const row = (name: string) => rows().find((r) => r.textContent?.includes(name)) as HTMLElement
const others = 'Sign out everyone except me'
const all = 'Sign me out and everyone else'
const people =
  (active_users: ReturnType<typeof sampleCrowd>, more = {}) =>
  (f: FakeClient) =>
    f.answer('getSecurity', () => sampleSecurity({ active_users, ...more }))

async function open(set?: (fake: FakeClient) => void, props = {}) {
  const kit = setUp(set)
  const view = kit.show(
    <>
      <ActiveSessionsCard {...props} />
      <Toasts />
    </>,
  )
  await pass()
  return { ...kit, ...view }
}

describe('ActiveSessionsCard', () => {
  it('counts, and names everyone with their last sign-in and the caller as "(you)"', async () => {
    await open(undefined, { className: 'own' })
    expect(within(card()).getByText('4 people are signed in, in 7 sessions.')).toHaveAttribute(
      'role',
      'status',
    )
    expect(row('Ada Lovelace')).toHaveTextContent(
      'Ada Lovelace (you)ada.lovelace@harbourpine.examplelast sign-in 12 min ago',
    )
    expect(row('Grace Hopper')).not.toHaveTextContent('(you)')
    const when = within(row('Ada Lovelace')).getByText('last sign-in 12 min ago')
    expect(when).toHaveAttribute('datetime', '2026-03-10T11:48:00.000Z')
    expect(when.title).toMatch(/Mar 10, 2026/)
    expect(card()).toHaveClass('own')
  })

  it('has words for being alone, and no button for the others who are not there', async () => {
    await open(people(samplePersonAlone().map((u) => ({ ...u, session_count: 1 }))))
    expect(screen.getByText("You're the only person signed in.")).toBeVisible()
    expect(noButton(others)).toBeNull()
    expect(noButton('Sign out my other devices')).toBeNull()
    expect(button(all)).toHaveClass('cf-button-danger-tint')
  })

  it('offers somebody alone on several devices to end the others', async () => {
    const { user, called } = await open(people(samplePersonAlone()))
    expect(screen.getByText("You're the only person signed in, in 2 sessions.")).toBeVisible()
    await user.click(button('Sign out my other devices'))
    expect(called('revokeMyOtherSessions')).toHaveLength(1)
    expect(screen.getByText('2 other sessions signed out.')).toBeVisible()
    expect(called('getSecurity').length).toBeGreaterThan(2)
  })

  it('unfolds each session with its device, and folds again', async () => {
    const { user, called } = await open()
    const expand = within(row('Ada Lovelace')).getByRole('button', { name: /2 sessions of .*Ada Lovelace/ })
    expect(expand).toHaveAttribute('aria-expanded', 'false')
    expect(called('listSessions')).toHaveLength(0)
    await user.click(expand)
    expect(expand).toHaveAttribute('aria-expanded', 'true')
    expect(called('listSessions')[0]?.[1]).toMatchObject({ user_id: 'u-1', status: 'active' })
    const list = within(row('Ada Lovelace')).getAllByRole('listitem')
    expect(list[0]).toHaveTextContent('Firefox 144 on WindowsThis session')
    expect(list[0]).toHaveTextContent('Last active1 min ago')
    expect(list[0]).toHaveTextContent('Signed in3 hr ago')
    expect(list[0]).toHaveTextContent('Address192.0.2.7')
    expect(within(list[0] as HTMLElement).getByTitle(/unless there is activity before/)).toBeVisible()
    expect(list[1]).not.toHaveTextContent('This session')
    expect(list[2]).toHaveTextContent('Unknown device')
    await user.click(expand)
    expect(screen.queryByText('Firefox 144 on Windows')).toBeNull()
  })

  it('ends one session, says which, and counts again', async () => {
    const { user, called } = await open()
    await user.click(button(/sessions of .*Ada/))
    const before = called('getSecurity').length
    await user.click(button(/End session of .*Ada Lovelace.* on .*Safari 19 on iOS/))
    expect(called('revokeSession')[0]?.[1]).toBe('s-2')
    expect(screen.getByText(/Session of .*Ada Lovelace.* on .*Safari 19 on iOS.* ended/)).toBeVisible()
    expect(screen.queryByText('Safari 19 on iOS')).toBeNull()
    expect(called('getSecurity')).toHaveLength(before + 1)
  })

  it('signs the caller out where the session is their own', async () => {
    const { user, called } = await open()
    await user.click(button(/sessions of .*Ada/))
    await user.click(button('Sign out'))
    expect(called('signOut')).toHaveLength(1)
    expect(called('revokeSession')).toHaveLength(0)
  })

  it('keeps the button and says why when ending fails', async () => {
    const { user } = await open((f) =>
      f.answer('revokeSession', () => {
        throw fakeError('timeout')
      }),
    )
    await user.click(button(/sessions of .*Ada/))
    await user.click(button(/on .*Safari/))
    expect(screen.getByRole('alert')).toHaveTextContent('The session was not ended. The server took too long')
    expect(button(/on .*Safari/)).toBeVisible()
  })

  it('loads more sessions of one person', async () => {
    const { user, called } = await open((f) =>
      f.answer('listSessions', ({ cursor }: { cursor?: string }) => {
        const page = sampleSessions('u-1')
        return cursor
          ? { items: page.slice(2), next_cursor: null }
          : { items: page.slice(0, 2), next_cursor: 'c2' }
      }),
    )
    await user.click(button(/sessions of .*Ada/))
    expect(within(row('Ada')).getAllByRole('listitem')).toHaveLength(2)
    await user.click(button('Show more'))
    expect(called('listSessions').at(-1)?.[1]).toMatchObject({ cursor: 'c2' })
    expect(within(row('Ada')).getAllByRole('listitem')).toHaveLength(3)
    expect(noButton('Show more')).toBeNull()
  })

  it('says that details failed, and tries again', async () => {
    let works = false
    const { user } = await open((f) =>
      f.answer('listSessions', () => {
        if (!works) throw fakeError('timeout')
        return { items: sampleSessions('u-1'), next_cursor: null }
      }),
    )
    await user.click(button(/sessions of .*Ada/))
    expect(screen.getByRole('alert')).toHaveTextContent('Their sessions could not be loaded.')
    works = true
    await user.click(button('Try again'))
    expect(screen.getByText('Firefox 144 on Windows')).toBeVisible()
  })

  it('says that somebody was gone already, and loads the list again', async () => {
    const { user, fake, called } = await open((f) =>
      f.answer('listSessions', () => ({ items: [], next_cursor: null })),
    )
    const before = called('getSecurity').length
    fake.answer('getSecurity', () =>
      sampleSecurity({ active_users: sampleSecurity().active_users.slice(0, 1) }),
    )
    await user.click(button(/1 session of .*Grace/))
    expect(screen.getByText(/Already signed out: .*Grace Hopper/)).toBeVisible()
    expect(called('getSecurity')).toHaveLength(before + 1)
    expect(row('Grace Hopper')).toBeUndefined()
  })

  it('shows a crowd a screenful at a time, and says where the list ends', async () => {
    const { user } = await open(
      people(sampleCrowd(60), { active_user_count: 812, active_session_count: 901 }),
    )
    expect(screen.getByText('812 people are signed in, in 901 sessions.')).toBeVisible()
    expect(rows()).toHaveLength(25)
    await user.click(button('Show more'))
    await user.click(button('Show more'))
    expect(rows()).toHaveLength(60)
    expect(screen.getByText(/it holds the 60 latest to sign in of 812 people/)).toBeVisible()
  })

  it('shows three rows of skeleton after 200 ms', async () => {
    await open((f) => f.answer('getSecurity', () => new Promise(() => {})))
    expect(card()).toHaveAttribute('aria-busy', 'true')
    expect(document.querySelectorAll('.cf-skeleton')).toHaveLength(0)
    await pass(200)
    expect(document.querySelectorAll('.cf-skeleton')).toHaveLength(3)
    expect(noButton(all)).toBeNull()
  })

  it('leaves the bulk buttons usable when the list cannot be loaded', async () => {
    const { user, called } = await open((f) =>
      f.answer('getSecurity', () => {
        throw fakeError('problem', 503)
      }),
    )
    expect(screen.getByRole('alert')).toHaveTextContent('The list could not be loaded.')
    await user.click(button(others))
    const dialog = screen.getByRole('alertdialog')
    expect(dialog).toHaveTextContent('Everyone else in the account will be signed out.')
    await user.click(within(dialog).getByRole('button', { name: others }))
    expect(called('revokeSessions')[0]?.[1]).toEqual({ scope: 'others' })
  })

  it('keeps the last list when it cannot be refreshed, with its time', async () => {
    const { fake, user } = await open()
    fake.answer('getSecurity', () => {
      throw fakeError('timeout')
    })
    fake.emit('policy-changed', { etag: null })
    await pass()
    expect(screen.getByRole('alert')).toHaveTextContent(/The list could not be refreshed. as of \d+:00/i)
    expect(rows()).toHaveLength(4)
    fake.answer('getSecurity', () => sampleSecurity())
    await user.click(button('Try again'))
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('shows the last list offline as of its time, and loads again when it is back', async () => {
    const { called } = await open()
    await setOnline(false)
    expect(screen.getByText(/^as of \d+:00/)).toBeVisible()
    expect(rows()).toHaveLength(4)
    const before = called('getSecurity').length
    await setOnline(true)
    expect(called('getSecurity')).toHaveLength(before + 1)
    expect(screen.queryByText(/^as of/)).toBeNull()
  })

  it('shows hostile names as text that keeps its direction to itself', async () => {
    const { user } = await open(people(sampleHostile()))
    expect(document.querySelector('img')).toBeNull()
    expect(row(hostile.markup).querySelector('bdi')).toHaveTextContent(hostile.markup)
    const turned = row('Grace reppoh')
    expect(turned.querySelector('bdi')).toHaveTextContent(/^Grace reppoh$/)
    expect(turned.querySelector('.cf-person-name')).toHaveAttribute('title', 'Grace reppoh')
    expect(row(hostile.long).querySelector('bdi')).toHaveTextContent(hostile.long)
    expect(within(turned).getByRole('button').getAttribute('aria-label')).toContain(
      '\u2068Grace reppoh\u2069',
    )
    await user.click(within(row(hostile.markup)).getByRole('button'))
    expect(document.querySelector('img')).toBeNull()
  })
})

describe('signing many out', () => {
  it('signs out the others: the number, the list again, the focus on the heading', async () => {
    const onEnded = vi.fn()
    const { user, fake } = await open(undefined, { onEnded })
    await user.click(button(others))
    expect(screen.getByRole('alertdialog')).toHaveTextContent(
      '3 other people will be signed out, in 5 sessions.',
    )
    fake.answer('getSecurity', () => sampleSecurity({ active_users: samplePersonAlone() }))
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: others }))
    await pass(50)
    expect(screen.queryByRole('alertdialog')).toBeNull()
    expect(screen.getByText('5 sessions signed out.')).toBeVisible()
    expect(onEnded).toHaveBeenCalledOnce()
    expect(screen.getByText("You're the only person signed in, in 2 sessions.")).toBeVisible()
    expect(screen.getByRole('heading', { name: 'Active sessions' })).toHaveFocus()
    expect(fake.calls.some(([name]) => name === 'forget')).toBe(false)
  })

  it('signs out everyone: the number, 1.5 s, then the local session without a reason', async () => {
    const told = vi.fn()
    const { user, called, unmount } = await open(undefined, { onSignedOutEveryone: told })
    await user.click(button(all))
    expect(screen.getByRole('alertdialog')).toHaveTextContent(
      '4 people will be signed out, you included, in 7 sessions.',
    )
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: all }))
    const before = called('getSecurity').length
    expect(screen.getByText('5 sessions signed out, yours included.')).toBeVisible()
    expect(button(all)).toHaveAttribute('aria-disabled', 'true')
    await pass(1499)
    expect(called('forget')).toHaveLength(0)
    await pass(1)
    expect(called('forget')).toEqual([['forget', 'logout']])
    expect(told).toHaveBeenCalledExactlyOnceWith(5, sampleReceiptKey)
    // A request would meet the end of the session and bring a banner about it.
    expect(called('getSecurity')).toHaveLength(before)
    unmount()
  })

  it('leaves whoever signed in meanwhile signed in', async () => {
    const told = vi.fn()
    const { fake, user, called } = await open(undefined, { onSignedOutEveryone: told })
    await user.click(button(all))
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: all }))
    const state = sampleSession as Extract<SessionState, { status: 'signed-in' }>
    fake.setSession({ ...state, session: { ...state.session, id: 'of-somebody-else' } })
    await pass(1500)
    expect(called('forget')).toHaveLength(0)
    expect(told).not.toHaveBeenCalled()
  })

  it('clears the local session also when the page was left meanwhile', async () => {
    const { user, called, unmount } = await open()
    await user.click(button(all))
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: all }))
    unmount()
    await pass(1500)
    expect(called('forget')).toEqual([['forget', 'logout']])
  })

  it('shows nothing of it to a member who signs in after the owner', async () => {
    const { user, fake } = await open()
    fake.answer('getSecurity', () =>
      sampleSecurity({ active_users: sampleSecurity().active_users.slice(0, 2) }),
    )
    await user.click(button(all))
    await user.click(button('Cancel'))
    expect(card()).toHaveTextContent('Alan Turing')
    fake.answer('getSecurity', () => {
      throw fakeError('problem', 403)
    })
    const session = sampleSession as Extract<SessionState, { status: 'signed-in' }>
    fake.setSession({ ...session, user: { ...session.user, id: 'u-9', role: 'member' } })
    await pass()
    expect(card()).toHaveTextContent('Only owners of the account can do this.')
    expect(rows()).toHaveLength(0)
    expect(card()).not.toHaveTextContent(/Alan Turing|people are signed in/)
  })

  it('asks with fresh numbers, and names who was gone already', async () => {
    const { user, fake } = await open()
    fake.answer('getSecurity', () =>
      sampleSecurity({ active_users: sampleSecurity().active_users.slice(0, 2) }),
    )
    await user.click(button(all))
    expect(screen.getByRole('alertdialog')).toHaveTextContent(
      '2 people will be signed out, you included, in 3 sessions.',
    )
    expect(screen.getByText(/Already signed out: .*Alan Turing.* and .*Mary Somerville/)).toBeInTheDocument()
  })

  it('says how soon apps follow, by the given life of a token', async () => {
    const { user } = await open(undefined, { ttlMinutes: 1 })
    await user.click(button(others))
    expect(screen.getByRole('alertdialog')).toHaveTextContent('else within 1 minute.')
    await act(async () => {})
  })
})
