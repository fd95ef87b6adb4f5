import { describe, expect, it } from 'vitest'
import { auditFilter, auditSearch, dayOf, endsBeforeItBegins } from '../src/search/audit'

const id = '0197b2c4-8f3a-7d21-9c55-3e8f1a2b4c6d'

describe('the audit log’s address', () => {
  it('keeps its four filters and nothing else', () => {
    expect(
      auditSearch({ action: 'user.update', actor: id, from: '2026-11-01', to: '2026-11-02', x: 'y' }),
    ).toEqual({
      action: 'user.update',
      actor: id,
      from: '2026-11-01',
      to: '2026-11-02',
    })
  })

  it('survives whatever an address may hold', () => {
    expect(auditSearch({ action: { a: 1 }, actor: 42, from: '', to: ['2026-01-01'] })).toEqual({
      actor: '42',
    })
    expect(auditSearch({ action: 'x'.repeat(5000) }).action).toHaveLength(100)
  })

  it('becomes the server’s filter, the last day included', () => {
    const { filter, ignored } = auditFilter({ actor: id.toUpperCase(), from: '2026-11-01', to: '2026-11-01' })
    expect(ignored).toEqual([])
    expect(filter.actor_id).toBe(id)
    expect(filter.from).toBe(new Date(2026, 10, 1).toISOString())
    expect(filter.to).toBe(new Date(2026, 10, 2).toISOString())
  })

  it('leaves out actions that the server would refuse', () => {
    expect(auditFilter({ action: 'account.update' }).filter.action).toBe('account.update')
    expect(auditFilter({ action: 'account.launched' }).ignored).toEqual(['action'])
    expect(auditFilter({ action: 'constructor' }).ignored).toEqual(['action'])
  })

  it('names what it does not understand and leaves it out', () => {
    const { filter, ignored } = auditFilter({
      action: "x' OR 1=1",
      actor: '../../users',
      from: '2026-02-30',
      to: 'yesterday',
    })
    expect(filter).toEqual({})
    expect(ignored).toEqual(['action', 'actor', 'from', 'to'])
  })

  it('knows days that do not exist', () => {
    expect(dayOf('2026-02-29')).toBeNull()
    expect(dayOf('2028-02-29')).not.toBeNull()
    expect(dayOf('2026-13-01')).toBeNull()
    expect(dayOf('26-1-1')).toBeNull()
    expect(dayOf('0000-01-01')).toBeNull()
  })

  it('sees when the last day comes before the first', () => {
    expect(endsBeforeItBegins({ from: '2026-11-02', to: '2026-11-01' })).toBe(true)
    expect(endsBeforeItBegins({ from: '2026-11-01', to: '2026-11-01' })).toBe(false)
    expect(endsBeforeItBegins({ from: 'nonsense', to: '2026-11-01' })).toBe(false)
  })
})
