import { act, screen, within } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { fakeError } from '../src/dev/fake-client'
import { sampleExpiry } from '../src/dev/samples'
import { HeaderExpiryNote, SessionExpiryToast, Toasts, useToast } from '../src/index'
import { held, noon, pass, setUp } from './helpers'

const region = () => screen.getByRole('region', { name: 'Session' })
const button = (name: string) => screen.getByRole('button', { name })
const at = (ms: number) =>
  new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit' }).format(noon + ms)
const minutes = (n: number) => n * 60_000

describe('SessionExpiryToast', () => {
  it('has its region before there is anything to say', () => {
    setUp().show(<SessionExpiryToast />)
    expect(region()).toBeInTheDocument()
    expect(within(region()).getByRole('status')).toBeEmptyDOMElement()
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('warns of an idle end in amber, by the clock, without taking the focus', async () => {
    const { fake, show } = setUp()
    show(
      <>
        <input aria-label="work" />
        <SessionExpiryToast className="own" />
      </>,
    )
    screen.getByLabelText('work').focus()
    const live = within(region()).getByRole('status')
    await act(async () => fake.setExpiry(sampleExpiry()))
    expect(live).toBeInTheDocument()
    expect(live).toHaveTextContent(`You'll be signed out at ${at(minutes(4))}`)
    expect(region().querySelector('.cf-toast')).toHaveClass('cf-warning')
    expect(region()).toHaveClass('own')
    expect(button('Stay signed in')).toBeVisible()
    expect(screen.getByLabelText('work')).toHaveFocus()
    // Minutes later it says the same, and has not gone by itself.
    await pass(minutes(3))
    expect(live).toHaveTextContent(`You'll be signed out at ${at(minutes(4))}`)
  })

  it('shows the deadline by the clock of this device', async () => {
    const { fake, show } = setUp()
    show(<SessionExpiryToast />)
    await act(async () =>
      fake.setExpiry(sampleExpiry({ deadline: noon + minutes(64), localDeadline: noon + minutes(4) })),
    )
    expect(region()).toHaveTextContent(at(minutes(4)))
  })

  it('extends the session once for however many presses, and says so', async () => {
    const { fake, show, user, called } = setUp()
    const answer = held<void>()
    fake.onStay = () => answer.promise
    fake.setExpiry(sampleExpiry())
    show(<SessionExpiryToast />)
    await user.click(button('Stay signed in'))
    await user.click(button('Staying signed in…'))
    expect(called('staySignedIn')).toHaveLength(1)
    await act(async () => {
      fake.setExpiry(sampleExpiry({ warning: 'none', deadline: noon + minutes(60) }))
      answer.resolve()
    })
    expect(screen.queryByRole('button')).toBeNull()
    expect(within(region()).getByRole('status')).toHaveTextContent("You're still signed in.")
  })

  it('turns to the error when that fails, and tries again', async () => {
    const { fake, show, user, called } = setUp()
    fake.onStay = async () => {
      fake.setExpiry(sampleExpiry({ failed: fakeError('offline') }))
      throw fakeError('offline')
    }
    fake.setExpiry(sampleExpiry())
    show(<SessionExpiryToast />)
    const live = within(region()).getByRole('status')
    await user.click(button('Stay signed in'))
    const alert = within(region()).getByRole('alert')
    expect(alert).toBe(live)
    expect(alert).toHaveTextContent('Your session was not extended')
    expect(alert).toHaveTextContent(`It ends at ${at(minutes(4))}`)
    expect(button('Try again')).toHaveFocus()
    await user.click(button('Try again'))
    expect(called('staySignedIn')).toHaveLength(2)
  })

  it('becomes the cyan one when extending cannot reach past the absolute limit', async () => {
    const { fake, show, user } = setUp()
    fake.onStay = async () =>
      fake.setExpiry(
        sampleExpiry({ reason: 'absolute', deadline: noon + minutes(5), localDeadline: noon + minutes(5) }),
      )
    fake.setExpiry(sampleExpiry())
    show(<SessionExpiryToast />)
    await user.click(button('Stay signed in'))
    expect(region().querySelector('.cf-toast')).toHaveClass('cf-info')
    expect(region()).toHaveTextContent(at(minutes(5)))
    expect(button('Sign in now')).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Stay signed in' })).toBeNull()
  })

  it.each([
    ['/login', '/login?reason=reauth'],
    ['/login?theme=dark', '/login?theme=dark&reason=reauth'],
  ])('opens sign-in beside the page (%s), and gives a link when that is blocked', async (url, href) => {
    const { fake, show, user } = setUp()
    const open = vi
      .spyOn(window, 'open')
      .mockReturnValueOnce({} as Window)
      .mockReturnValue(null)
    fake.setExpiry(sampleExpiry({ reason: 'absolute' }))
    show(<SessionExpiryToast signInUrl={url} />)
    await user.click(button('Sign in now'))
    expect(open).toHaveBeenCalledWith(href, 'curfew-sign-in', expect.stringContaining('popup'))
    expect(screen.queryByRole('link')).toBeNull()
    await user.click(button('Sign in now'))
    expect(screen.getByRole('link', { name: 'Open sign-in in a new tab' })).toHaveAttribute('href', href)
    expect(region()).toHaveTextContent('The sign-in window was blocked.')
  })

  it('leaves signing in to the app when it wants to', async () => {
    const { fake, show, user } = setUp()
    const open = vi.spyOn(window, 'open')
    const signIn = vi.fn()
    fake.setExpiry(sampleExpiry({ reason: 'absolute' }))
    show(<SessionExpiryToast onSignIn={signIn} />)
    await user.click(button('Sign in now'))
    expect(signIn).toHaveBeenCalledOnce()
    expect(open).not.toHaveBeenCalled()
  })

  it('is dismissed for its deadline, and comes back for another', async () => {
    const { fake, show, user } = setUp()
    fake.setExpiry(sampleExpiry())
    show(<SessionExpiryToast />)
    await user.click(button('Dismiss'))
    expect(fake.calls.at(-1)).toEqual(['dismissWarning'])
    expect(screen.queryByRole('button')).toBeNull()
    await act(async () => fake.setExpiry(sampleExpiry({ deadline: noon + minutes(20) })))
    expect(button('Dismiss')).toBeVisible()
  })

  it('asks the server, and offers nothing, once the deadline has passed', () => {
    const { fake, show } = setUp()
    fake.setExpiry(sampleExpiry({ warning: 'now', localDeadline: noon }))
    show(<SessionExpiryToast />)
    expect(region()).toHaveTextContent(`Your session was to end at ${at(0)}`)
    expect(screen.getAllByRole('button')).toHaveLength(1)
  })

  it('is reached by F6, and given up the same way or by dismissing', async () => {
    const { fake, show, user } = setUp()
    show(
      <>
        <input aria-label="work" />
        <SessionExpiryToast />
      </>,
    )
    const work = screen.getByLabelText('work')
    work.focus()
    await user.keyboard('{F6}')
    expect(work).toHaveFocus()
    await act(async () => fake.setExpiry(sampleExpiry()))
    await user.keyboard('{F6}')
    expect(region()).toHaveFocus()
    await user.keyboard('{F6}')
    expect(work).toHaveFocus()
    await user.keyboard('{F6}{Tab}{Enter}')
    expect(fake.calls.at(-1)).toEqual(['dismissWarning'])
    expect(work).toHaveFocus()
  })

  it('leaves F6 with other keys, and without a toast, to the browser', async () => {
    const { fake, show } = setUp()
    show(<SessionExpiryToast />)
    const press = (init: KeyboardEventInit = {}) => {
      const event = new KeyboardEvent('keydown', { key: 'F6', cancelable: true, bubbles: true, ...init })
      document.dispatchEvent(event)
      return event.defaultPrevented
    }
    expect(press()).toBe(false)
    await act(async () => fake.setExpiry(sampleExpiry()))
    expect(press({ shiftKey: true })).toBe(false)
    expect(press({ ctrlKey: true })).toBe(false)
    expect(press()).toBe(true)
  })

  it('puts the minutes left before the title of a hidden page, and takes them away again', async () => {
    const { fake, show } = setUp()
    document.title = 'Invoices'
    let hidden = true
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
    const { unmount } = show(<SessionExpiryToast />)
    expect(document.title).toBe('Invoices')
    await act(async () => fake.setExpiry(sampleExpiry()))
    expect(document.title).toBe('(4 min) Invoices')
    await pass(minutes(2))
    expect(document.title).toBe('(2 min) Invoices')
    // The page's own change of title is kept.
    document.title = 'Orders'
    await pass(10_000)
    expect(document.title).toBe('(2 min) Orders')
    hidden = false
    await act(async () => document.dispatchEvent(new Event('visibilitychange')))
    expect(document.title).toBe('Orders')
    unmount()
    expect(document.title).toBe('Orders')
  })

  it('moves to the other end rather than cover the control with the focus', async () => {
    const { fake, show } = setUp()
    show(
      <>
        <input aria-label="low" />
        <SessionExpiryToast />
      </>,
    )
    const low = screen.getByLabelText('low')
    const box = (top: number) => () => new DOMRect(0, top, 300, 40)
    low.getBoundingClientRect = box(700)
    region().getBoundingClientRect = box(680)
    await act(async () => fake.setExpiry(sampleExpiry()))
    await pass(50)
    expect(region()).toHaveAttribute('data-cf-side', 'bottom')
    low.focus()
    await pass(50)
    expect(region()).toHaveAttribute('data-cf-side', 'top')
  })

  it('says on the document while it stands at the bottom, where messages make room for it', async () => {
    const { fake, show } = setUp()
    const { unmount } = show(
      <>
        <input aria-label="low" />
        <SessionExpiryToast />
      </>,
    )
    const mark = () => document.documentElement.hasAttribute('data-cf-warning')
    expect(mark()).toBe(false)
    await act(async () => fake.setExpiry(sampleExpiry()))
    expect(mark()).toBe(true)
    await act(async () => fake.client.dismissWarning())
    expect(mark()).toBe(false)
    await act(async () => fake.setExpiry(sampleExpiry()))
    expect(mark()).toBe(true)
    const low = screen.getByLabelText('low')
    const box = () => new DOMRect(0, 700, 300, 40)
    low.getBoundingClientRect = box
    region().getBoundingClientRect = box
    low.focus()
    await pass(50)
    expect(region()).toHaveAttribute('data-cf-side', 'top')
    expect(mark()).toBe(false)
    await act(async () => fake.setExpiry(sampleExpiry({ warning: 'none' })))
    await act(async () => fake.setExpiry(sampleExpiry()))
    expect(mark()).toBe(true)
    unmount()
    expect(mark()).toBe(false)
  })
})

describe('HeaderExpiryNote', () => {
  it('says nothing until the warning was dismissed, then only the time', async () => {
    const { fake, show } = setUp()
    fake.setExpiry(sampleExpiry())
    show(<HeaderExpiryNote className="own" />)
    expect(document.querySelector('.cf-expiry-note.own')).toHaveTextContent('')
    await act(async () => fake.client.dismissWarning())
    expect(screen.getByText(/^Sign-out at/)).toHaveTextContent(at(minutes(4)))
    expect(screen.getByRole('alert')).toBeEmptyDOMElement()
  })

  it('announces the end once, exactly a minute before', async () => {
    const { fake, show } = setUp()
    fake.setExpiry(sampleExpiry({ dismissed: true }))
    show(<HeaderExpiryNote />)
    await pass(minutes(3) - 1)
    expect(screen.getByRole('alert')).toBeEmptyDOMElement()
    await pass(1)
    expect(screen.getByRole('alert')).toHaveTextContent("You'll be signed out in one minute")
    await act(async () => fake.setExpiry(sampleExpiry({ warning: 'none', deadline: noon + minutes(90) })))
    expect(screen.getByRole('alert')).toBeEmptyDOMElement()
  })

  it("announces in time though what is known of the server's clock changes", async () => {
    const { fake, show } = setUp()
    let ahead = minutes(-2)
    vi.spyOn(fake.client, 'serverNow').mockImplementation(() => Date.now() + ahead)
    fake.setExpiry(sampleExpiry({ dismissed: true }))
    show(<HeaderExpiryNote />)
    await pass(minutes(1))
    ahead = 0 // the next answer tells the truth: two minutes less are left
    await pass(minutes(2) - 1)
    expect(screen.getByRole('alert')).toBeEmptyDOMElement()
    await pass(10_000)
    expect(screen.getByRole('alert')).toHaveTextContent("You'll be signed out in one minute")
  })

  it('does not announce what is past: dismissed later, or slept through', async () => {
    const { fake, show } = setUp()
    fake.setExpiry(sampleExpiry({ dismissed: true, deadline: noon + 30_000 }))
    show(<HeaderExpiryNote />)
    await pass(60_000)
    expect(screen.getByRole('alert')).toBeEmptyDOMElement()
  })
})

describe('Toasts', () => {
  const Say = ({ tone }: { tone?: 'success' | 'danger' }) => {
    const toast = useToast()
    return (
      <button type="button" onClick={() => toast('<b>Saved</b>', { tone })}>
        say
      </button>
    )
  }

  it('speaks in a region that was there before, and goes after a while', async () => {
    const { show, user } = setUp()
    show(
      <>
        <Say tone="success" />
        <Toasts />
      </>,
    )
    const live = within(screen.getByRole('region', { name: 'Notifications' })).getByRole('status')
    await user.click(button('say'))
    expect(live).toHaveTextContent('<b>Saved</b>')
    await pass(8000)
    expect(live).toBeEmptyDOMElement()
  })

  it('waits while somebody reads it, and can be dismissed', async () => {
    const { show, user } = setUp()
    show(
      <>
        <Say tone="danger" />
        <Toasts />
      </>,
    )
    await user.click(button('say'))
    expect(screen.getByRole('alert')).toBeInTheDocument()
    await user.keyboard('{F6}')
    await pass(20_000)
    expect(screen.getByRole('alert')).toBeInTheDocument()
    await user.keyboard('{Tab}{Enter}')
    expect(screen.queryByRole('alert')).toBeNull()
    expect(button('say')).toHaveFocus()
  })

  it('keeps the last three', async () => {
    const { show, user } = setUp()
    show(
      <>
        <Say />
        <Toasts />
      </>,
    )
    for (let i = 0; i < 5; i++) await user.click(button('say'))
    expect(screen.getAllByRole('button', { name: 'Dismiss' })).toHaveLength(3)
  })

  it('takes F6 from the warning to the messages and back to the page', async () => {
    const { fake, show, user } = setUp()
    fake.setExpiry(sampleExpiry())
    show(
      <>
        <SessionExpiryToast />
        <Say />
        <Toasts />
      </>,
    )
    await user.click(button('say'))
    await user.keyboard('{F6}')
    expect(region()).toHaveFocus()
    await user.keyboard('{F6}')
    expect(screen.getByRole('region', { name: 'Notifications' })).toHaveFocus()
    await user.keyboard('{F6}')
    expect(button('say')).toHaveFocus()
  })
})
