import { readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type StandardVerdict, standardsOf } from '../src/index'

const verdicts = (idle_minutes: number, absolute_minutes: number) =>
  Object.fromEntries(standardsOf({ idle_minutes, absolute_minutes }).map((v) => [v.id, v.verdict]))

describe('standardsOf', () => {
  it.each([
    ['nist-aal1', 43200, 43200, 'within'],
    ['nist-aal1', 60, 43201, 'over'],
    ['nist-aal2', 60, 1440, 'within'],
    ['nist-aal2', 61, 1440, 'over'],
    ['nist-aal2', 60, 1441, 'over'],
    ['nist-aal3', 15, 720, 'within'],
    ['nist-aal3', 16, 720, 'over'],
    ['nist-aal3', 15, 721, 'over'],
    ['nist-r3-aal2', 30, 720, 'within'],
    ['nist-r3-aal2', 31, 720, 'over'],
    ['pci-dss', 15, 129600, 'within'],
    ['pci-dss', 16, 129600, 'over'],
    ['disa-stig', 10, 129600, 'within'],
    ['disa-stig', 11, 129600, 'undecidable'],
    ['disa-stig', 15, 129600, 'undecidable'],
    ['disa-stig', 16, 129600, 'over'],
    ['owasp', 30, 480, 'within'],
    ['owasp', 30, 481, 'over'],
    ['hipaa', 1, 1, 'undecidable'],
    ['soc2', 129600, 129600, 'undecidable'],
    ['iso-27001', 15, 720, 'undecidable'],
  ])('judges %s at %i min idle and %i min in all', (id, idle, absolute, verdict) => {
    expect(verdicts(idle, absolute)[id]).toBe(verdict)
  })

  it('judges every case that the server is held to in the same way', () => {
    const cases: { idle_minutes: number; absolute_minutes: number; standings: object }[] = JSON.parse(
      readFileSync(`${import.meta.dirname}/../../../vectors/standards.json`, 'utf8'),
    )
    expect(cases.length).toBeGreaterThan(100)
    for (const { idle_minutes, absolute_minutes, standings } of cases)
      expect(verdicts(idle_minutes, absolute_minutes)).toEqual(standings)
  })

  it('counts no idle time beyond the end of the session', () => {
    expect(verdicts(10080, 10)['pci-dss']).toBe('within')
  })

  it('gives every row its caveat, and claims nothing more than numbers', () => {
    for (const row of standardsOf({ idle_minutes: 15, absolute_minutes: 720 })) {
      expect(row.caveat.length).toBeGreaterThan(20)
      expect(`${row.name} ${row.caveat}`).not.toMatch(/complian/i)
    }
  })

  it('has three verdicts', () => {
    expectTypeOf<StandardVerdict['verdict']>().toEqualTypeOf<'within' | 'over' | 'undecidable'>()
  })
})
