import { CurfewError } from '@curfew/client'
import { describe, expect, it } from 'vitest'
import { errorWords, fieldErrors, waitWords } from '../src/ui/words'
import { problem } from './problem'

describe('failures in words', () => {
  it('says how long to wait', () => {
    expect(errorWords(problem(429, 'rate-limited', { retryAfter: 45 }))).toEqual({
      title: 'Too many attempts',
      detail: 'Try again in 45 seconds.',
    })
    expect(errorWords(problem(429, 'rate-limited')).detail).toBe('Wait a minute, then try again.')
  })

  it.each([
    [0.2, '1 second'],
    [1, '1 second'],
    [59.1, '60 seconds'],
    [90, '90 seconds'],
    [91, '2 minutes'],
    [5400, '90 minutes'],
    [5401, '2 hours'],
  ])('%d s is %s', (seconds, words) => {
    expect(waitWords(seconds)).toBe(words)
  })

  it('gives the number to tell when the server broke, and never shows more', () => {
    const words = errorWords(problem(500, 'internal', { instance: 'K3QJ7', detail: 'SELECT broke' }))
    expect(words.detail).toContain('K3QJ7')
    expect(words.detail).not.toContain('SELECT')
  })

  it('has words for what is not ours at all', () => {
    expect(errorWords(new TypeError('x is undefined')).title).toBe('Something went wrong on this page')
    expect(errorWords('oops').title).toBe('Something went wrong on this page')
    expect(errorWords(undefined).title).toBe('Something went wrong on this page')
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
    expect(CurfewError).toBeDefined()
  })
})
