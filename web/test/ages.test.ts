import { describe, expect, it } from 'vitest'
import { ageOf, axisOf, coarse } from '../src/security/ages'

const now = Date.parse('2026-11-10T12:00:00Z')
const session = (age: number, idle: number) => ({
  id: 's',
  started_at: new Date(now - age * 60_000).toISOString(),
  last_active_at: new Date(now - idle * 60_000).toISOString(),
})
const policy = { idle_minutes: 60, absolute_minutes: 600 }

describe('a session’s fate under a policy', () => {
  it.each([
    [599, 59, 'stays'],
    [599, 60, 'idle'],
    [600, 0, 'absolute'],
    // Both passed: the earlier one ended it, and a tie is the maximum.
    [610, 80, 'idle'],
    [700, 80, 'absolute'],
    [610, 70, 'absolute'],
  ] as const)('of age %i, idle for %i: %s', (age, idle, fate) => {
    expect(ageOf(session(age, idle), policy, now)).toEqual({ age, idle, fate })
  })

  it('never measures less than nothing, nor more idleness than age', () => {
    expect(ageOf(session(-5, -5), policy, now)).toEqual({ age: 0, idle: 0, fate: 'stays' })
    expect(ageOf(session(10, 20), policy, now).idle).toBe(10)
  })
})

describe('the axis', () => {
  it('has now at the right and the oldest session inside', () => {
    const axis = axisOf([10, 300], policy)
    expect(axis.at(0)).toBe(100)
    expect(axis.at(300)).toBeGreaterThan(0)
    expect(axis.at(300)).toBeLessThan(axis.at(10))
  })

  it('leaves out a limit far beyond all ages', () => {
    const near = axisOf([300], policy)
    expect(near.end).toBeGreaterThan(600)
    const far = axisOf([300], { idle_minutes: 43_200, absolute_minutes: 129_600 })
    expect(far.end).toBeLessThan(400)
  })

  it('stands when nobody has been here for long', () => {
    expect(axisOf([], policy).end).toBeGreaterThan(60)
    expect(axisOf([0.2], policy).at(0.2)).toBeLessThan(100)
  })

  it('keeps its ticks apart, oldest first', () => {
    for (const oldest of [60, 500, 1440, 20_000, 129_600]) {
      const axis = axisOf([oldest], { idle_minutes: 15, absolute_minutes: 60 })
      expect(axis.ticks.length).toBeGreaterThan(1)
      const apart = (ticks: typeof axis.ticks, least: number) => {
        const places = [...ticks.map(({ minutes }) => axis.at(minutes)), 100]
        for (let i = 1; i < places.length; i++) {
          expect((places[i] ?? 0) - (places[i - 1] ?? 0)).toBeGreaterThan(least)
        }
      }
      apart(axis.ticks, 12)
      apart(
        axis.ticks.filter(({ fine }) => !fine),
        17,
      )
    }
  })
})

it('rounds ages to what a reader needs', () => {
  expect([59.9, 119, 125, 2879, 2880, 4000].map(coarse)).toEqual([59, 60, 120, 2880, 2880, 4320])
})
