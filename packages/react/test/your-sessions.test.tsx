import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { type FakeClient, fakeError } from '../src/dev/fake-client'
import { sampleSessions } from '../src/dev/samples'
import { Toasts, YourSessionsCard } from '../src/index'
import { pass, setUp } from './helpers'

const button = (name: string | RegExp) => screen.getByRole('button', { name })
const sessions = () => within(screen.getByRole('list', { name: 'Your sessions' })).getAllByRole('listitem')

async function open(set?: (fake: FakeClient) => void) {
  const kit = setUp(set)
  kit.show(
    <>
      <YourSessionsCard className="own" />
      <Toasts />
    </>,
  )
  await pass()
  return kit
}

describe('YourSessionsCard', () => {
  it('lists each device, and says up front when this session ends', async () => {
    await open()
    expect(sessions()).toHaveLength(3)
    expect(sessions()[0]).toHaveTextContent('Firefox 144 on WindowsThis session')
    expect(
      screen.getByText(
        'This session ends after 8 hours without activity, and 7 days after sign-in at the latest.',
      ),
    ).toBeVisible()
    expect(screen.getByRole('region', { name: 'Your sessions' })).toHaveClass('own')
  })

  it('ends one of them, and keeps the focus in the card', async () => {
    const { user, called } = await open()
    await user.click(button(/End session on .*Safari 19 on iOS/))
    expect(called('revokeMySession')[0]?.[1]).toBe('s-2')
    expect(sessions()).toHaveLength(2)
    expect(screen.getByText(/Session on .*Safari 19 on iOS.* ended/)).toBeVisible()
    expect(screen.getByRole('heading', { name: 'Your sessions' })).toHaveFocus()
  })

  it('signs out here through the client', async () => {
    const { user, called } = await open()
    await user.click(button('Sign out'))
    expect(called('signOut')).toHaveLength(1)
    expect(called('revokeMySession')).toHaveLength(0)
  })

  it('ends all others at once', async () => {
    const { user, fake } = await open()
    fake.answer('listMySessions', () => ({ items: sampleSessions('me').slice(0, 1), next_cursor: null }))
    await user.click(button('Sign out all other devices'))
    expect(screen.getByText('2 other sessions signed out.')).toBeVisible()
    expect(screen.getByText("You're signed in only here.")).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Sign out all other devices' })).toBeNull()
  })

  it('says that it failed and keeps what was there', async () => {
    const { user } = await open((f) =>
      f.answer('revokeMyOtherSessions', () => {
        throw fakeError('offline')
      }),
    )
    await user.click(button('Sign out all other devices'))
    expect(screen.getByRole('alert')).toHaveTextContent(
      'The session was not ended. The server could not be reached.',
    )
    expect(sessions()).toHaveLength(3)
  })

  it('loads more, and says when that fails', async () => {
    let works = false
    const { user } = await open((f) =>
      f.answer('listMySessions', ({ cursor }: { cursor?: string }) => {
        const page = sampleSessions('me')
        if (!cursor) return { items: page.slice(0, 1), next_cursor: 'c2' }
        if (!works) throw fakeError('timeout')
        return { items: page.slice(1), next_cursor: null }
      }),
    )
    await user.click(button('Show more'))
    expect(screen.getByRole('alert')).toHaveTextContent('The server took too long to answer.')
    works = true
    await user.click(button('Show more'))
    expect(sessions()).toHaveLength(3)
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('says that it could not be loaded, and tries again', async () => {
    let works = false
    const { user } = await open((f) =>
      f.answer('listMySessions', () => {
        if (!works) throw fakeError('problem', 429, { retryAfterSeconds: 1 })
        return { items: sampleSessions('me'), next_cursor: null }
      }),
    )
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Your sessions could not be loaded. Too many requests. Wait 1 second.',
    )
    works = true
    await user.click(button('Try again'))
    expect(sessions()).toHaveLength(3)
  })
})
