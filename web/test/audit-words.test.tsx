import type { AuditEvent } from '@curfew/client'
import { render } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { actionLabel, actions } from '../src/audit/actions'
import { byDay, dayWords } from '../src/audit/days'
import { changesOf } from '../src/audit/details'
import { bytesWords, readAll } from '../src/audit/save'
import { type Context, plainSentence, sentenceOf } from '../src/audit/sentence'

const ada = '0197b2c4-8f3a-7d21-9c55-000000000001'
const grace = '0197b2c4-8f3a-7d21-9c55-000000000002'

const minutes = (n: number) => `${n} min`
const context: Context = {
  names: new Map([
    [ada, 'Ada Lovelace'],
    [grace, 'Grace Hopper'],
  ]),
  format: { duration: minutes, ago: () => '', exact: () => '' },
}

function event(action: string, over: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: 'e',
    occurred_at: '2026-11-01T12:00:00Z',
    action,
    actor: { type: 'user', id: ada, name: 'Ada Lovelace', email: 'ada@example.com' },
    resource_type: 'user',
    resource_id: grace,
    ip: '192.0.2.7',
    user_agent: '',
    details: {},
    ...over,
  }
}

function words(action: string, over: Partial<AuditEvent> = {}): string {
  const { container, unmount } = render(<p>{sentenceOf(event(action, over), context)}</p>)
  const text = container.textContent ?? ''
  unmount()
  return text
}

describe('the names of actions', () => {
  it('shows an action that nobody knows as it is', () => {
    expect(actionLabel('account.launched')).toBe('account.launched')
    expect(actionLabel('toString')).toBe('toString')
  })
})

describe('an event as text', () => {
  it.each(Object.keys(actions))('says of %s what its row says', (action) => {
    for (const details of [
      { name: 'Mei', email: 'mei@example.com', old: 'a', new: 'owner', cause: 'throttled', user_id: grace },
      { effective_new: { idle_minutes: 5, absolute_minutes: 9 }, apply_to: 'all_sessions', scope: 'others' },
      { operation: 'invite', cause: 'late_link', scope: 'all', revoked_count: 2 },
    ]) {
      expect(plainSentence(event(action, { details }), context)).toBe(
        words(action, { details }).replace(/\s+/g, ' ').trim(),
      )
    }
  })

  it('keeps a name from turning or breaking the words around it', () => {
    const details = { name: 'a\n\nb \u2069\u202eevil' }
    expect(plainSentence(event('account.create', { details }), context)).toBe(
      'Ada Lovelace created the account \u2068a b evil\u2069',
    )
  })
})

describe('an event in words', () => {
  it.each([
    ['user.disable', {}, 'Ada Lovelace disabled Grace Hopper'],
    ['user.disable', { resource_id: ada }, 'Ada Lovelace disabled themselves'],
    ['user.enable', { resource_id: ada }, 'Ada Lovelace enabled themselves again'],
    [
      'user.role_change',
      { details: { old: 'member', new: 'owner' } },
      'Ada Lovelace made Grace Hopper an owner',
    ],
    [
      'user.role_change',
      { resource_id: ada, details: { new: 'member' } },
      'Ada Lovelace made themselves a member',
    ],
    ['user.disable', { resource_id: 'somebody gone' }, 'Ada Lovelace disabled a person'],
    ['session.revoke', { details: { user_id: ada } }, 'Ada Lovelace ended a session of their own'],
    ['session.revoke', { details: { user_id: grace } }, 'Ada Lovelace ended a session of Grace Hopper'],
    [
      'account.sessions_revoked_bulk',
      { details: { scope: 'others', revoked_count: 1 } },
      'Ada Lovelace signed out everyone else (1 session)',
    ],
    [
      'account.sessions_revoked_bulk',
      { details: { scope: 'all', revoked_count: 12 } },
      'Ada Lovelace signed out everyone (12 sessions)',
    ],
    [
      'account.revocation_receipt',
      {
        actor: null,
        details: {
          scope: 'others',
          verifier_count: 2,
          verifiers: [{ state: 'acknowledged' }, { state: 'acknowledged' }],
        },
      },
      'Every app confirmed the sign-out of everyone else (2 apps)',
    ],
    [
      'account.revocation_receipt',
      { actor: null, details: { scope: 'all', verifier_count: 1, verifiers: [{ state: 'silent' }] } },
      'The last access token of the sign-out of everyone expired',
    ],
    [
      'session.start_refused',
      { actor: null, details: { cause: 'wrong_password' } },
      'A sign-in of Grace Hopper was refused: wrong password',
    ],
    [
      'user.password_change',
      { actor: { type: 'operator', id: null, name: '', email: null } },
      'The operator set a new password for Grace Hopper',
    ],
    ['account.launched', {}, 'Ada Lovelace: account.launched'],
    ['constructor', { actor: null }, 'Somebody: constructor'],
  ] as [string, Partial<AuditEvent>, string][])('%s %#', (action, over, expected) => {
    expect(words(action, over)).toBe(expected)
  })

  it('says what the policy became', () => {
    const details = {
      old: { idle_minutes: null, absolute_minutes: null },
      new: { idle_minutes: 15, absolute_minutes: null },
      effective_old: { idle_minutes: 100, absolute_minutes: 200 },
      effective_new: { idle_minutes: 15, absolute_minutes: 200 },
      apply_to: 'all_sessions',
    }
    expect(words('account.session_policy_update', { details })).toBe(
      'Ada Lovelace changed the session policy to 15 min idle, 200 min at most, open sessions too',
    )
    expect(changesOf(details, 'account.session_policy_update', minutes)).toEqual([
      { what: 'Idle limit', old: '100 min (default)', new: '15 min' },
    ])
  })

  it('says what became of the limit on sessions', () => {
    const policy = (max: number | null, action = 'evict_oldest', idle = 100) => ({
      idle_minutes: idle,
      absolute_minutes: 200,
      max_sessions_per_user: max,
      session_limit_action: action,
    })
    const details = (old: object, now: object) => ({
      old,
      new: now,
      effective_old: old,
      effective_new: now,
      apply_to: 'new_sessions',
    })
    const update = 'account.session_policy_update'
    const says = (old: object, now: object) => words(update, { details: details(old, now) })
    expect(says(policy(null), policy(3))).toBe(
      'Ada Lovelace changed the session policy to 3 sessions per person at most (one more ends the oldest)',
    )
    expect(says(policy(3), policy(1, 'refuse_new', 15))).toBe(
      'Ada Lovelace changed the session policy to 15 min idle, 200 min at most, with 1 session per person at most (one more is refused)',
    )
    expect(says(policy(3), policy(null))).toBe(
      'Ada Lovelace changed the session policy to no limit on sessions per person',
    )
    expect(changesOf(details(policy(null), policy(1, 'refuse_new')), update, minutes)).toEqual([
      { what: 'Sessions per person', old: 'No limit', new: '1' },
      {
        what: 'At that number',
        old: 'The session used least recently ends',
        new: 'The new sign-in is refused',
      },
    ])
    const given = { ...details(policy(2), policy(null)), effective_new: policy(5) }
    expect(changesOf(given, update, minutes)).toEqual([
      { what: 'Sessions per person', old: '2', new: '5 (the most allowed)' },
    ])
  })

  it('says what became of the bounds', () => {
    const details = {
      old: { idle_minutes_max: null, max_sessions_per_user_max: 5 },
      new: { idle_minutes_max: 60, max_sessions_per_user_max: 5 },
    }
    expect(changesOf(details, 'account.bounds_update', minutes)).toEqual([
      { what: 'Idle limit, at most', old: 'As for everybody', new: '60 min' },
    ])
  })

  it('tells every action of the list without details, too', () => {
    for (const action of Object.keys(actions)) expect(words(action, { actor: null })).not.toBe('')
  })

  it('takes hostile names as text', () => {
    const name = '<img src=x onerror=alert(1)>'
    const { container } = render(
      <p>{sentenceOf(event('invite.create', { details: { email: name, role: 'member' } }), context)}</p>,
    )
    expect(container.querySelector('img')).toBeNull()
    expect(container.querySelector('bdi:last-of-type')?.textContent).toBe(name)
  })

  it('survives details of the wrong kind', () => {
    const details = { old: 5, new: [], effective_new: 'x', apply_to: null, scope: {}, revoked_count: 'many' }
    for (const action of Object.keys(actions)) expect(words(action, { details })).not.toBe('')
  })
})

describe('the days of the list', () => {
  const at = (day: number, hour: number) =>
    event('user.enable', { occurred_at: new Date(2026, 10, day, hour).toISOString() })

  it('parts events by the reader’s days', () => {
    const days = byDay([at(2, 1), at(2, 0), at(1, 23)])
    expect(days.map(({ day, events }) => [day, events.length])).toEqual([
      ['2026-11-02', 2],
      ['2026-11-01', 1],
    ])
  })

  it('calls days as people do', () => {
    const now = new Date(2026, 2, 1, 0, 30)
    expect(dayWords(new Date(2026, 2, 1, 0, 1).toISOString(), now, 'en')).toBe('Today')
    expect(dayWords(new Date(2026, 1, 28, 23, 59).toISOString(), now, 'en')).toBe('Yesterday')
    expect(dayWords(new Date(2026, 1, 27).toISOString(), now, 'en')).toBe('Friday, February 27')
    expect(dayWords(new Date(2025, 11, 31).toISOString(), now, 'en')).toBe('Wednesday, December 31, 2025')
  })
})

describe('an export', () => {
  it('is read to its end, telling how far it is', async () => {
    const seen: number[] = []
    const blob = await readAll(new Response('abc', { headers: { 'Content-Type': 'text/csv' } }), (n) =>
      seen.push(n),
    )
    expect(await blob.text()).toBe('abc')
    expect(blob.type).toBe('text/csv')
    expect(seen.at(-1)).toBe(3)
  })

  it('is nothing when the connection is cut', async () => {
    let sent = false
    const cut = new ReadableStream({
      pull(controller) {
        if (sent) controller.error(new TypeError('network error'))
        else controller.enqueue(new TextEncoder().encode('half'))
        sent = true
      },
    })
    await expect(readAll(new Response(cut), () => {})).rejects.toThrow('network error')
  })

  it('says sizes as systems do', () => {
    expect([0, 999, 1000, 2_449_000, 999_600, 12_345_678].map(bytesWords)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '2.4 MB',
      '1.0 MB',
      '12 MB',
    ])
  })
})
