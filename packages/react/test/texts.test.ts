import { describe, expect, it } from 'vitest'
import { waitWords } from '../src/texts'

describe('a time to wait', () => {
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
})
