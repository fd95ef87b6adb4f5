import type { Expiry, Receipt, SessionState } from '@curfew/client'
import type { ActiveUser, Preview, Security, SessionItem } from '../types'

const minute = 60_000
const ago = (minutes: number) => new Date(Date.now() - minutes * minute).toISOString()

/** Somebody is signed in: Ada, an owner of Harbour & Pine. */
export const sampleSession: SessionState = {
  status: 'signed-in',
  session: {
    id: 's-1',
    generation: 3,
    started_at: ago(190),
    last_active_at: ago(1),
    idle_minutes: 480,
    absolute_minutes: 10080,
    idle_expires_at: ago(-479),
    absolute_expires_at: ago(-9890),
  },
  user: { id: 'u-1', name: 'Ada Lovelace', email: 'ada@harbourpine.example', role: 'owner' },
  account: { id: 'a-1', name: 'Harbour & Pine' },
}

/** Names that try to be something else than a name. */
export const hostile = {
  markup: '<img src=x onerror=alert(1)>',
  override: 'Grace \u2069\u202Ereppoh',
  long: 'Wolfeschlegelsteinhausenbergerdorff'.repeat(6).slice(0, 200),
}

function person(id: number, name: string, minutes: number | null, session_count = 1): ActiveUser {
  const email = `${name.toLowerCase().replace(/[^a-z]+/g, '.')}@harbourpine.example`
  return {
    user_id: `u-${id}`,
    name,
    email,
    last_login_at: minutes === null ? null : ago(minutes),
    session_count,
  }
}

/** The usual policy page of a small account. */
export function sampleSecurity(own: Partial<Security> = {}): Security {
  const active_users = own.active_users ?? [
    person(1, 'Ada Lovelace', 12, 2),
    person(2, 'Grace Hopper', 47),
    person(3, 'Alan Turing', 60 * 5, 3),
    person(4, 'Mary Somerville', 60 * 24 * 3),
  ]
  return {
    idle_minutes: null,
    absolute_minutes: null,
    effective_idle_minutes: 10080,
    effective_absolute_minutes: 20160,
    idle_minutes_min: 15,
    idle_minutes_max: 43200,
    idle_minutes_default: 10080,
    absolute_minutes_min: 60,
    absolute_minutes_max: 129600,
    absolute_minutes_default: 20160,
    max_sessions_per_user: null,
    session_limit_action: 'evict_oldest',
    effective_max_sessions_per_user: null,
    max_sessions_per_user_max: 100,
    preset: 'standard',
    presets: [
      { name: 'strict', idle_minutes: 15, absolute_minutes: 720 },
      { name: 'standard', idle_minutes: null, absolute_minutes: null },
    ],
    active_user_count: active_users.length,
    active_session_count: active_users.reduce((sum, user) => sum + user.session_count, 0),
    updated_at: ago(60 * 24 * 3),
    updated_by: { id: 'u-2', name: 'Grace Hopper' },
    etag: '"p7"',
    ...own,
    active_users,
  }
}

/** Only the caller is signed in. */
export const samplePersonAlone = () => [person(1, 'Ada Lovelace', 12, 2)]

/** As many people as asked for. */
export const sampleCrowd = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    person(i + 1, i === 0 ? 'Ada Lovelace' : `Person ${i + 1}`, i * 7 + 3),
  )

/** People with hostile names. */
export const sampleHostile = () => [
  person(1, 'Ada Lovelace', 3),
  person(2, hostile.markup, 20),
  person(3, hostile.override, 40),
  { ...person(4, hostile.long, 60), email: `${hostile.long}@example.com` },
]

function session(
  id: string,
  kind: SessionItem['device']['kind'],
  own: Partial<SessionItem> = {},
): SessionItem {
  const devices = {
    desktop: { browser: 'Firefox 144', os: 'Windows' },
    phone: { browser: 'Safari 19', os: 'iOS' },
    tablet: { browser: 'Chrome 142', os: 'Android' },
    bot: { browser: 'curl 8.5', os: '' },
    other: { browser: '', os: '' },
  }
  return {
    id,
    user: { id: 'u-1', name: 'Ada Lovelace', email: 'ada@harbourpine.example' },
    started_at: ago(190),
    last_active_at: ago(1),
    idle_expires_at: ago(-479),
    absolute_expires_at: ago(-9890),
    status: 'active',
    ended_at: null,
    reason: null,
    device: { kind, ...devices[kind] },
    ip: '192.0.2.7',
    current: false,
    ...own,
  }
}

/** Sessions of somebody; the caller's include the current one. */
export function sampleSessions(userId?: string): SessionItem[] {
  const mine = userId === 'me' || userId === 'u-1'
  return [
    session('s-1', 'desktop', { current: mine }),
    session('s-2', 'phone', { ip: '2001:db8::17', started_at: ago(60 * 30), last_active_at: ago(95) }),
    session('s-3', 'other', { ip: '198.51.100.20', started_at: ago(60 * 90), last_active_at: ago(60 * 26) }),
  ]
}

/** An expiry that warns. */
export function sampleExpiry(own: Partial<Expiry> = {}): Expiry {
  const deadline = Date.now() + 4 * minute
  return {
    warning: 'soon',
    reason: 'idle',
    deadline,
    localDeadline: deadline,
    dismissed: false,
    failed: null,
    ...own,
  }
}

/** What applying a strict policy at once would do. */
export const samplePreview = (own: Partial<Preview> = {}): Preview => ({
  sessions_ending_now: 4,
  sessions_shortened: 9,
  users_affected: 4,
  ends_current_session: true,
  users: [
    {
      user_id: 'u-1',
      name: 'Ada Lovelace',
      email: 'ada@harbourpine.example',
      sessions_ending: 1,
      sessions_shortened: 1,
    },
    {
      user_id: 'u-3',
      name: 'Alan Turing',
      email: 'alan@harbourpine.example',
      sessions_ending: 3,
      sessions_shortened: 0,
    },
    {
      user_id: 'u-2',
      name: hostile.override,
      email: 'grace@harbourpine.example',
      sessions_ending: 0,
      sessions_shortened: 1,
    },
    {
      user_id: 'u-5',
      name: hostile.long,
      email: 'w@harbourpine.example',
      sessions_ending: 0,
      sessions_shortened: 7,
    },
  ],
  users_truncated: false,
  ...own,
})

/** The key of a receipt that can be read for half an hour. */
export const sampleReceiptKey = {
  id: 'receipt-1',
  token: 'cfq_sample',
  expires_at: new Date(Date.now() + 30 * 60_000).toISOString(),
}

/** One app on the board, `heard` seconds ago. */
export function sampleVerifier(
  name: string,
  state: Receipt['verifiers'][number]['state'],
  milliseconds: number | null = null,
  accepts = 40,
): Receipt['verifiers'][number] {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
  return {
    name,
    state,
    milliseconds,
    last_heard_at: at(state === 'silent' ? -250 : -0.4),
    accepts_until: state === 'acknowledged' ? null : at(accepts),
  }
}

/** A receipt a moment after five sessions were ended. */
export const sampleReceipt = (own: Partial<Receipt> = {}): Receipt => ({
  id: 'receipt-1',
  scope: 'others',
  revoked_count: 5,
  acknowledged_at: new Date(Date.now() - 1000).toISOString(),
  state: 'spreading',
  verifiers: [
    sampleVerifier('billing', 'acknowledged', 41),
    sampleVerifier('reports', 'lagging'),
    sampleVerifier('orders-api', 'silent', null, 312),
  ],
  p50_ms: 41,
  max_ms: 41,
  worst_case_at: new Date(Date.now() + 369_000).toISOString(),
  ...own,
})
