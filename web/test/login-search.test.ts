import { describe, expect, it } from 'vitest'
import { loginSearch } from '../src/search/login'

describe('the address of the sign-in page', () => {
  it('keeps what the table and the way back need', () => {
    expect(
      loginSearch({
        reason: 'session_expired',
        return_to: '/account/audit?action=session.start',
        note: 'password_set',
      }),
    ).toEqual({
      reason: 'session_expired',
      return_to: '/account/audit?action=session.start',
      note: 'password_set',
    })
  })

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    'account',
    '/a\nb',
    ['/account', '/account'],
    { toString: () => '/account' },
    42,
    null,
    '',
  ])('drops the way back %j', (return_to) => {
    expect(loginSearch({ return_to })).toEqual({})
  })

  it.each(['/login', '/login/', '/login?return_to=/login', '/setup', '/reset#token=x', '/invite'])(
    'does not go in a circle through %s',
    (return_to) => {
      expect(loginSearch({ return_to })).toEqual({})
    },
  )

  it.each(['<b>hi</b>', 'Session expired', 'x'.repeat(41), 7, ['session_expired']])(
    'drops the reason %j',
    (reason) => {
      expect(loginSearch({ reason })).toEqual({})
    },
  )

  it('drops every other member and note', () => {
    expect(loginSearch({ note: 'hacked', password: 'secret', Reason: 'security' })).toEqual({})
  })
})
