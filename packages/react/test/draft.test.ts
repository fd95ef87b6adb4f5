import { describe, expect, it } from 'vitest'
import { sampleSecurity } from '../src/dev/samples'
import { choose, draftOf, effective, faults, parse, patchOf, shown, type, wanted } from '../src/policy/draft'

const standard = sampleSecurity()
const custom = sampleSecurity({
  preset: 'custom',
  idle_minutes: 480,
  absolute_minutes: null,
  effective_idle_minutes: 480,
})

describe('the form of a policy', () => {
  it('shows a preset by its numbers, and defaults for null', () => {
    expect(shown(draftOf(standard), standard)).toEqual({ idle_minutes: '10080', absolute_minutes: '20160' })
    expect(shown(choose(draftOf(standard), 'strict', standard), standard)).toEqual({
      idle_minutes: '15',
      absolute_minutes: '720',
    })
  })

  it('starts Custom from the preset, and comes back to what was typed', () => {
    const strict = choose(draftOf(standard), 'strict', standard)
    const typed = type(choose(strict, 'custom', standard), 'idle_minutes', '30', standard)
    expect(shown(typed, standard)).toEqual({ idle_minutes: '30', absolute_minutes: '720' })
    const away = choose(typed, 'standard', standard)
    expect(shown(away, standard).idle_minutes).toBe('10080')
    expect(shown(choose(away, 'custom', standard), standard)).toEqual({
      idle_minutes: '30',
      absolute_minutes: '720',
    })
  })

  it('sends only what differs', () => {
    const strict = wanted(choose(draftOf(standard), 'strict', standard), standard)
    expect(strict && patchOf(strict, standard)).toEqual({ idle_minutes: 15, absolute_minutes: 720 })
    const same = wanted(draftOf(standard), standard)
    expect(same && patchOf(same, standard)).toEqual({})
    const back = wanted(choose(draftOf(custom), 'standard', custom), custom)
    expect(back && patchOf(back, custom)).toEqual({ idle_minutes: null })
  })

  it('keeps an inherited default inherited until its number changes', () => {
    const draft = type(draftOf(custom), 'idle_minutes', '60', custom)
    const policy = wanted(draft, custom)
    expect(policy).toEqual({ idle_minutes: 60, absolute_minutes: null })
    const both = wanted(type(draft, 'absolute_minutes', '20161', custom), custom)
    expect(both).toEqual({ idle_minutes: 60, absolute_minutes: 20161 })
  })

  it('pins the numbers when Custom is chosen over a preset', () => {
    const policy = wanted(choose(draftOf(standard), 'custom', standard), standard)
    expect(policy).toEqual({ idle_minutes: 10080, absolute_minutes: 20160 })
  })

  it.each([
    ['', 'missing'],
    ['  ', 'missing'],
    ['15.5', 'whole'],
    ['1e3', 'whole'],
    ['-15', 'whole'],
    ['abc', 'whole'],
    ['14', 'range'],
    ['43201', 'range'],
    ['15', undefined],
    [' 60 ', undefined],
    ['20161', 'idleOver'],
  ])('finds what is wrong with an idle limit of "%s"', (text, fault) => {
    const draft = type(choose(draftOf(standard), 'custom', standard), 'idle_minutes', text, standard)
    expect(faults(draft, standard).idle_minutes).toBe(fault)
    expect(wanted(draft, standard) === null).toBe(fault !== undefined)
  })

  it('judges nothing that a preset hides', () => {
    const draft = choose(
      type(choose(draftOf(standard), 'custom', standard), 'idle_minutes', 'x', standard),
      'strict',
      standard,
    )
    expect(faults(draft, standard)).toEqual({})
  })

  it('leaves a stored value outside the bounds alone until it is edited', () => {
    const outside = { ...custom, idle_minutes: 5, effective_idle_minutes: 15 }
    const draft = draftOf(outside)
    expect(shown(draft, outside).idle_minutes).toBe('5')
    expect(faults(draft, outside)).toEqual({})
    expect(effective(outside, outside).idle_minutes).toBe(15)
    const policy = wanted(type(draft, 'absolute_minutes', '700', outside), outside)
    expect(policy && patchOf(policy, outside)).toEqual({ absolute_minutes: 700 })
    expect(faults(type(draft, 'idle_minutes', '6', outside), outside).idle_minutes).toBe('range')
  })

  it('counts idle as the whole where it is longer', () => {
    expect(effective({ idle_minutes: 43200, absolute_minutes: 60 }, standard)).toEqual({
      idle_minutes: 60,
      absolute_minutes: 60,
    })
  })

  it('reads whole numbers only', () => {
    expect(parse('0015')).toBe(15)
    expect(parse('1 5')).toBeNull()
    expect(parse('9'.repeat(10))).toBeNull()
  })

  it('shows a preset that the bounds forbid as Custom', () => {
    const strict = sampleSecurity({
      preset: 'strict',
      idle_minutes: 15,
      absolute_minutes: 720,
      presets: standard.presets.slice(1),
    })
    expect(draftOf(strict)).toEqual({
      choice: 'custom',
      custom: { idle_minutes: '15', absolute_minutes: '720' },
    })
  })
})
