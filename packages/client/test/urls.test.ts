import { describe, expect, it } from 'vitest'
import { safeReturnTo, signInReason, signInUrl } from '../src/index'

const origin = 'https://app.example.com'

describe('safeReturnTo', () => {
  it.each([
    '/',
    '/account/security',
    '/account/audit?action=session.start&from=2026-01-01T00%3A00%3A00Z',
    '/a#b',
    '/a//b',
    '/@evil.example',
    '/a?next=//evil.example',
    '/a%2f%2fevil.example',
    '/%5Cevil.example',
    '/%09/evil.example',
  ])('lets %s through', (path) => {
    expect(safeReturnTo(path, origin)).toBe(path)
  })

  it.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '/\\/evil.example',
    '\\\\evil.example',
    '/a\\..\\..\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '\u0000//evil.example',
    '/\u007f/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/%2E%2e//evil.example',
    'https://evil.example/',
    'https:evil.example',
    'https://app.example.com/account',
    'HTTPS://evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'account',
    '?a=b',
    '#a',
    '',
    '.',
    null,
    undefined,
    7,
    {},
    ['/account'],
  ])('refuses %j', (value) => {
    expect(safeReturnTo(value, origin)).toBeNull()
  })

  it('needs no page', () => {
    expect(safeReturnTo('/a')).toBe('/a')
    expect(safeReturnTo('//evil.example')).toBeNull()
    expect(safeReturnTo('/a', 'not an origin')).toBeNull()
  })

  it('gives what means the same when it is read again', () => {
    for (const path of ['/a/../b', '/a/./b', '/ä ö', '/a?q=ä']) {
      const safe = safeReturnTo(path, origin) ?? ''
      expect(safeReturnTo(safe, origin)).toBe(safe)
      expect(new URL(safe, origin).origin).toBe(origin)
    }
  })
})

describe('signInReason', () => {
  it.each([
    ['idle', 'session_expired'],
    ['absolute', 'session_expired'],
    ['session_limit', 'session_limit'],
    ['owner_all', 'signed_out_by_owner'],
    ['owner_others', 'signed_out_by_owner'],
    ['owner_user', 'signed_out_by_owner'],
    ['owner_session', 'signed_out_by_owner'],
    ['role_changed', 'signed_out_by_owner'],
    ['service', 'signed_out_by_owner'],
    ['operator', 'signed_out_by_owner'],
    ['one_that_will_come', 'signed_out_by_owner'],
    ['constructor', 'signed_out_by_owner'],
    ['user_session', 'signed_out_by_you'],
    ['user_others', 'signed_out_by_you'],
    ['password_changed', 'password_changed'],
    ['policy_tightened', 'limits_changed'],
    ['reuse_detected', 'security'],
    ['logout', null],
    ['user_disabled', null],
    [null, null],
  ])('%s: %s', (reason, expected) => {
    expect(signInReason(reason)).toBe(expected)
  })
})

describe('signInUrl', () => {
  it.each([
    ['/login', null, null, '/login'],
    ['/login', 'session_expired', null, '/login?reason=session_expired'],
    ['/login', 'reauth', '/a?b=c&d#e', '/login?reason=reauth&return_to=%2Fa%3Fb%3Dc%26d%23e'],
    ['/login?lang=de', 'security', null, '/login?lang=de&reason=security'],
    ['/login#form', null, '/a', '/login?return_to=%2Fa#form'],
    ['/login', null, '//evil.example', '/login'],
    [
      'https://auth.example.com/login',
      'security',
      '/a',
      'https://auth.example.com/login?reason=security&return_to=%2Fa',
    ],
  ] as const)('%s %s %s', (base, reason, returnTo, expected) => {
    expect(signInUrl(base, reason, returnTo)).toBe(expected)
  })
})
