import { CurfewError } from '@curfew/client'
import { english } from '@curfew/react'
import { errorText } from '@curfew/react/internal'
import { describe, expect, it } from 'vitest'
import { errorWords, fieldErrors } from '../src/ui/words'
import { problem } from './problem'

describe('failures in words', () => {
  it('says how long to wait', () => {
    expect(errorWords(problem(429, 'rate-limited', { retryAfter: 45 }))).toEqual({
      title: 'Too many requests',
      detail: 'Wait 45 seconds.',
    })
    expect(errorWords(problem(429, 'rate-limited')).detail).toBe('Wait a moment.')
  })

  it.each([
    ['offline', 'The server could not be reached', 'Check your connection. Nothing you typed is lost.'],
    [
      'timeout',
      'The server took too long to answer',
      'Your connection or the server is slow. Try again in a moment.',
    ],
    [
      'nonsense',
      'The answer did not come from Curfew',
      'A proxy may stand in between. Try again in a minute, or reload the page.',
    ],
  ] as const)('adds to what the parts say: %s', (kind, title, detail) => {
    const error = new CurfewError(kind, kind)
    expect(errorWords(error)).toEqual({ title, detail })
    expect(errorText(error, english)).toContain(title)
  })

  it('tells a role that changed from an address that is refused, though both are 403', () => {
    expect(errorWords(problem(403, 'forbidden')).title).toBe('Only owners of the account can do this')
    expect(errorWords(problem(403, 'cross-origin')).title).toBe('The server refused this page’s address')
  })

  it('gives the number to tell when the server broke, and never shows more', () => {
    const words = errorWords(problem(500, 'internal', { instance: 'K3QJ7', detail: 'SELECT broke' }))
    expect(words.detail).toMatch(/^Reference: K3QJ7\. Try again/)
    expect(words.detail).not.toContain('SELECT')
  })

  it('has words for what is not ours at all', () => {
    expect(errorWords(new TypeError('x is undefined')).title).toBe('Something did not work')
    expect(errorWords('oops').title).toBe('Something did not work')
    expect(errorWords(undefined).title).toBe('Something did not work')
  })

  it('makes a sentence of a refusal that it does not know', () => {
    expect(
      errorWords(problem(422, 'invalid-request', { title: 'Invalid request', detail: 'to is before from' })),
    ).toEqual({
      title: 'Invalid request',
      detail: 'To is before from.',
    })
  })
})

describe('field errors', () => {
  it('speaks of members in words', () => {
    const error = problem(422, 'invalid-request', {
      errors: [
        { field: 'account_name', detail: 'account_name must not be empty' },
        { field: 'account_name', detail: 'account_name is second' },
        { field: 'password', detail: 'password must be at least 15 characters' },
        { detail: 'The body has a member that this operation does not know.' },
      ],
    })
    expect(fieldErrors(error)).toEqual({
      account_name: 'Account name must not be empty.',
      password: 'Password must be at least 15 characters.',
      '': 'The body has a member that this operation does not know.',
    })
  })

  it('finds none in other failures', () => {
    expect(fieldErrors(problem(401, 'invalid-credentials'))).toEqual({})
    expect(fieldErrors(new Error('no'))).toEqual({})
  })
})
