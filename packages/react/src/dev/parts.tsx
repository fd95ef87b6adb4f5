import { type ReactNode, useState } from 'react'
import {
  ActiveSessionsCard,
  CurfewProvider,
  english,
  HeaderExpiryNote,
  RevocationBoard,
  RevokeSessionsDialog,
  SessionExpiryToast,
  SessionPolicyCard,
  SignedOutBanner,
  Toasts,
  useToast,
  YourSessionsCard,
} from '../index'
import { Button } from '../ui/button'
import { createFakeClient, type FakeClient, fakeError } from './fake-client'
import './parts.css'
import {
  hostile,
  sampleCrowd,
  sampleExpiry,
  sampleHostile,
  samplePersonAlone,
  samplePreview,
  sampleReceipt,
  sampleReceiptKey,
  sampleSecurity,
  sampleVerifier,
} from './samples'

const never = () => new Promise<never>(() => {})
const fail = (error: Error) => () => {
  throw error
}

/** Every part in every state, with clients that only pretend. For development builds. */
export function Parts() {
  return (
    <main className="cf-parts">
      <Theme />
      {Object.keys(english.signedOut).map((reason) => (
        <Part key={reason} id={`banner-${reason}`} title={`Banner: ${reason}`}>
          <SignedOutBanner reason={reason} />
        </Part>
      ))}
      <ExpiryParts />
      <MessageParts />
      <PolicyParts />
      <SessionsParts />
      <DialogParts />
      <BoardParts />
    </main>
  )
}

interface PartProps {
  id: string
  title: string
  set?: (fake: FakeClient) => void
  children: ReactNode
}

function Part({ id, title, set, children }: PartProps) {
  const [fake] = useState(() => {
    const made = createFakeClient()
    set?.(made)
    return made
  })
  return (
    <section id={id}>
      <h2>{title}</h2>
      <CurfewProvider client={fake.client}>{children}</CurfewProvider>
    </section>
  )
}

function Theme() {
  const [theme, setTheme] = useState('')
  const choose = (next: string) => {
    setTheme(next)
    if (next) document.documentElement.dataset.cfTheme = next
    else delete document.documentElement.dataset.cfTheme
  }
  const [online, setOnline] = useState(true)
  const toggle = () => {
    Object.defineProperty(navigator, 'onLine', { value: !online, configurable: true })
    window.dispatchEvent(new Event(online ? 'offline' : 'online'))
    setOnline(!online)
  }
  return (
    <div className="cf-actions">
      {['', 'light', 'dark'].map((name) => (
        <Button key={name} aria-pressed={theme === name} onClick={() => choose(name)}>
          {name || 'system'}
        </Button>
      ))}
      <Button aria-pressed={!online} onClick={toggle}>
        {online ? 'Go offline' : 'Go online'}
      </Button>
    </div>
  )
}

function ExpiryParts() {
  const states: [string, string, Parameters<typeof sampleExpiry>[0]][] = [
    ['idle', 'idle', {}],
    ['absolute', 'absolute', { reason: 'absolute' }],
    ['failed', 'it failed', { failed: fakeError('offline') }],
    ['now', 'the deadline has passed', { warning: 'now' }],
    ['dismissed', 'dismissed, with the note', { dismissed: true }],
  ]
  return states.map(([id, title, expiry]) => (
    <Part
      key={id}
      id={`expiry-${id}`}
      title={`Expiry: ${title}`}
      set={(fake) => {
        fake.setExpiry(sampleExpiry(expiry))
        fake.onStay = () => new Promise((done) => setTimeout(done, 1500))
      }}
    >
      <div className="cf-parts-stage">
        <p>
          Harbour & Pine <HeaderExpiryNote />
        </p>
        <SessionExpiryToast />
      </div>
    </Part>
  ))
}

function MessageParts() {
  return (
    <Part id="toasts" title="Messages">
      <div className="cf-parts-stage">
        <AddMessages />
        <Toasts />
      </div>
    </Part>
  )
}

function AddMessages() {
  const toast = useToast()
  return (
    <div className="cf-actions">
      {(['success', 'info', 'warning', 'danger'] as const).map((tone) => (
        <Button key={tone} onClick={() => toast(`Something ${tone} happened to 5 sessions.`, { tone })}>
          {tone}
        </Button>
      ))}
    </div>
  )
}

function PolicyParts() {
  const custom = sampleSecurity({
    idle_minutes: 480,
    absolute_minutes: 10080,
    effective_idle_minutes: 480,
    effective_absolute_minutes: 10080,
    preset: 'custom',
  })
  const outside = { ...custom, idle_minutes: 5, effective_idle_minutes: 15, presets: custom.presets.slice(1) }
  const newer = { ...custom, updated_at: new Date(Date.now() - 60_000).toISOString(), etag: '"p9"' }
  let asked = 0
  const parts: [string, string, (fake: FakeClient) => void][] = [
    [
      'standard',
      'Standard; saving takes a second',
      (f) => f.answer('updateSecurity', slowly(sampleSecurity())),
    ],
    ['custom', 'Custom; preview names people', (f) => f.answer('getSecurity', () => custom)],
    ['outside', 'stored outside the bounds, no Strict', (f) => f.answer('getSecurity', () => outside)],
    ['loading', 'loading', (f) => f.answer('getSecurity', never)],
    ['error', 'could not load', (f) => f.answer('getSecurity', fail(fakeError('timeout')))],
    ['saving', 'saving never ends', (f) => f.answer('updateSecurity', never)],
    [
      'refused',
      'the server demands a reason',
      (f) =>
        f.answer(
          'updateSecurity',
          fail(
            fakeError('problem', 422, {
              detail: 'reason is required',
              errors: [{ field: 'reason', detail: 'A reason is required for limits this long.' }],
            }),
          ),
        ),
    ],
    ['failed', 'saving fails', (f) => f.answer('updateSecurity', fail(fakeError('problem', 503)))],
    [
      'conflict',
      'somebody else was faster',
      (f) => {
        f.answer('getSecurity', () => (asked++ < 2 ? sampleSecurity() : newer))
        f.answer('updateSecurity', fail(fakeError('problem', 412)))
      },
    ],
    ['preview-failed', 'the preview fails', (f) => f.answer('previewSecurity', fail(fakeError('offline')))],
  ]
  return parts.map(([id, title, set]) => (
    <Part
      key={id}
      id={`policy-${id}`}
      title={`Policy: ${title}`}
      set={(fake) => {
        fake.answer('previewSecurity', () => samplePreview())
        set(fake)
      }}
    >
      <SessionPolicyCard />
      <Toasts />
    </Part>
  ))
}

function slowly<T>(answer: T) {
  return () => new Promise<T>((done) => setTimeout(() => done(answer), 1000))
}

function SessionsParts() {
  const people =
    (active_users: ReturnType<typeof sampleCrowd>, more = {}) =>
    (fake: FakeClient) =>
      fake.answer('getSecurity', () => sampleSecurity({ active_users, ...more }))
  const parts: [string, string, (fake: FakeClient) => void][] = [
    ['some', 'four people', () => {}],
    ['alone', 'only the caller', people(samplePersonAlone())],
    ['hostile', 'hostile names', people(sampleHostile())],
    [
      'crowd',
      '60 of 812 people',
      people(sampleCrowd(60), { active_user_count: 812, active_session_count: 901 }),
    ],
    ['loading', 'loading', (f) => f.answer('getSecurity', never)],
    ['error', 'could not load', (f) => f.answer('getSecurity', fail(fakeError('offline')))],
    [
      'detail-error',
      'details fail, ending fails',
      (f) => {
        f.answer('listSessions', fail(fakeError('timeout')))
        f.answer('revokeSession', fail(fakeError('timeout')))
      },
    ],
  ]
  return (
    <>
      {parts.map(([id, title, set]) => (
        <Part key={id} id={`sessions-${id}`} title={`Active sessions: ${title}`} set={set}>
          <ActiveSessionsCard />
          <Toasts />
        </Part>
      ))}
      <Part id="yours" title="Your sessions">
        <YourSessionsCard />
        <Toasts />
      </Part>
      <Part
        id="yours-error"
        title="Your sessions: could not load"
        set={(f) => f.answer('listMySessions', fail(fakeError('problem', 429, { retryAfterSeconds: 20 })))}
      >
        <YourSessionsCard />
      </Part>
    </>
  )
}

function BoardParts() {
  const receipt = (own: Parameters<typeof sampleReceipt>[0]) => (f: FakeClient) =>
    f.answer('getReceipt', () => sampleReceipt(own))
  const told = (count: number, name: string) =>
    Array.from({ length: count }, (_, i) => sampleVerifier(`${name}-${i + 1}`, 'acknowledged', 30 + i * 7))
  const final = { state: 'everywhere', p50_ms: 41, max_ms: 1204 } as const
  const parts: [string, string, (f: FakeClient) => void][] = [
    ['spreading', 'spreading', receipt({})],
    ['followed', 'all have followed, not settled yet', receipt({ verifiers: told(3, 'billing') })],
    ['everywhere', 'everywhere', receipt({ ...final, verifiers: told(3, 'billing') })],
    [
      'expired',
      'everywhere, as the last token expired',
      receipt({ ...final, verifiers: [sampleVerifier('orders-api', 'silent'), ...told(2, 'billing')] }),
    ],
    ['no-apps', 'no app reports', receipt({ verifiers: [], p50_ms: null, max_ms: null })],
    [
      'hostile',
      'many apps, hostile names',
      receipt({
        verifiers: [
          sampleVerifier(hostile.override, 'silent', null, -1),
          sampleVerifier(hostile.long, 'lagging'),
          ...told(40, 'node'),
        ],
      }),
    ],
    ['loading', 'loading', (f) => f.answer('getReceipt', never)],
    ['error', 'not known', (f) => f.answer('getReceipt', fail(fakeError('offline')))],
    ['gone', 'it can be read no more', (f) => f.answer('getReceipt', fail(fakeError('problem', 401)))],
  ]
  return parts.map(([id, title, set]) => (
    <Part key={id} id={`board-${id}`} title={`Board: ${title}`} set={set}>
      <div className="cf-card">
        <RevocationBoard receipt={sampleReceiptKey} />
      </div>
    </Part>
  ))
}

function DialogParts() {
  const asks: [string, 'all' | 'others', number | null, (fake: FakeClient) => void][] = [
    ['others', 'others', 3, () => {}],
    ['all', 'all', 4, () => {}],
    ['many', 'all', 31, () => {}],
    ['unknown', 'all', null, () => {}],
    ['running', 'all', 4, (f) => f.answer('revokeSessions', never)],
    ['failing', 'others', 3, (f) => f.answer('revokeSessions', fail(fakeError('timeout')))],
  ]
  return asks.map(([id, scope, people, set]) => (
    <Part key={id} id={`dialog-${id}`} title={`Dialog: ${id}`} set={set}>
      <Ask scope={scope} people={people} />
    </Part>
  ))
}

function Ask({ scope, people }: { scope: 'all' | 'others'; people: number | null }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button onClick={() => setOpen(true)}>Open</Button>
      <RevokeSessionsDialog
        open={open}
        scope={scope}
        people={people}
        sessions={people === null ? null : people + 5}
        accountName="Harbour & Pine"
        ttlMinutes={5}
        onClose={() => setOpen(false)}
        onDone={() => setOpen(false)}
      />
    </>
  )
}
