import { screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { english, SignedOutBanner } from '../src/index'
import { setUp } from './helpers'

afterEach(() => history.replaceState(null, '', '/'))

describe('SignedOutBanner', () => {
  it.each(Object.entries(english.signedOut))('explains %s', (reason, words) => {
    setUp().show(<SignedOutBanner reason={reason} className="own" />)
    expect(screen.getByRole('status')).toHaveTextContent(words)
    expect(document.querySelector('.cf-notice.cf-info.own svg')).toHaveAttribute('aria-hidden', 'true')
  })

  it.each(['', 'logout', 'user_disabled', 'constructor', '__proto__', 'toString', '<b>x</b>'])(
    'says nothing for "%s"',
    (reason) => {
      const { container } = setUp().show(<SignedOutBanner reason={reason} />)
      expect(container).toBeEmptyDOMElement()
    },
  )

  it('reads the address when no reason is given', () => {
    history.replaceState(null, '', '/login?reason=password_changed')
    setUp().show(<SignedOutBanner />)
    expect(screen.getByRole('status')).toHaveTextContent(english.signedOut.password_changed)
  })

  it('says nothing for null, whatever the address says', () => {
    history.replaceState(null, '', '/login?reason=password_changed')
    const { container } = setUp().show(<SignedOutBanner reason={null} />)
    expect(container).toBeEmptyDOMElement()
  })
})
