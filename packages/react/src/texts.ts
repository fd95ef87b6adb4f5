import type { FormTexts } from './policy/words'
import type { BoardTexts } from './receipt/words'

/** A count with its word, in English. */
export function n(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** A number of seconds to wait, in English and rounded up. */
export function waitWords(seconds: number): string {
  if (seconds <= 90) return n(Math.max(1, Math.ceil(seconds)), 'second')
  const minutes = Math.ceil(seconds / 60)
  return minutes <= 90 ? n(minutes, 'minute') : n(Math.ceil(minutes / 60), 'hour')
}

/**
 * Every word the parts say, in English. Values arrive as plain numbers, or as
 * times and names that are formatted already; a name is wrapped in invisible
 * isolates, which nothing in it can end, so that its direction cannot turn the
 * sentence around it.
 */
export const english = {
  common: {
    tryAgain: 'Try again',
    dismiss: 'Dismiss',
    cancel: 'Cancel',
    you: '(you)',
    justNow: 'just now',
    loading: 'Loading…',
    showMore: 'Show more',
    notifications: 'Notifications',
    asOf: (time: string) => `as of ${time}`,
    reloadFailed: 'The list could not be refreshed.',
  },
  errors: {
    offline: 'The server could not be reached. Check your connection.',
    timeout: 'The server took too long to answer.',
    nonsense: 'The answer did not come from Curfew. A proxy may stand in between.',
    forbidden: 'Only owners of the account can do this.',
    limited: (seconds: number | null) =>
      `Too many requests. Wait ${seconds === null ? 'a moment' : waitWords(seconds)}.`,
    server: (reference: string) => `The server could not do this. Reference: ${reference}`,
    code: 'Part of this page did not arrive. Check your connection; if it is fine, reload the page.',
    other: 'Something did not work.',
  },
  expiry: {
    region: 'Session',
    title: (time: string) => `You'll be signed out at ${time}`,
    idle: 'There has been no activity for a while.',
    absolute:
      'This session reaches its maximum length. Sign in again in a new window; this page stays as it is.',
    stay: 'Stay signed in',
    staying: 'Staying signed in…',
    stayed: "You're still signed in.",
    signIn: 'Sign in now',
    blocked: 'The sign-in window was blocked.',
    signInLink: 'Open sign-in in a new tab',
    failed: 'Your session was not extended',
    failedBody: (why: string, time: string) => `${why} It ends at ${time}.`,
    due: (time: string) => `Your session was to end at ${time}`,
    dueBody: 'Asking the server whether it has.',
    note: (time: string) => `Sign-out at ${time}`,
    lastMinute: (time: string) => `You'll be signed out in one minute, at ${time}.`,
    documentTitle: (minutes: number) => `(${minutes} min) `,
  },
  /** By the fixed `reason` of the sign-in page's address. */
  signedOut: {
    session_expired:
      'Your session ended after a time without activity, or because it reached its maximum length.',
    session_limit:
      'You were signed out here because you signed in on another device, and your account limits how many.',
    signed_out_by_owner: 'Your session was ended by an owner or administrator of your account.',
    signed_out_by_you: 'You signed out here from another device.',
    password_changed: 'Your password was changed, so your other sessions ended.',
    limits_changed: 'Your account shortened its session limits, and your session was past them.',
    security:
      'We ended this session because its sign-in was used twice. If you see devices you do not know, change your password.',
    reauth: 'Sign in again to carry on where you were.',
  },
  policy: {
    title: 'Policy',
    lead: 'How long people stay signed in.',
    group: 'Session limits',
    presets: { strict: 'Strict', standard: 'Standard' } as Record<string, string>,
    custom: 'Custom',
    customHint: 'Your own limits, in minutes',
    limits: (idle: string, absolute: string) => `${idle} idle, ${absolute} in all`,
    fields: {
      idle_minutes: { label: 'Idle limit', hint: 'Time without activity' },
      absolute_minutes: { label: 'Maximum session', hint: 'Time since sign-in' },
    },
    unit: 'minutes',
    equals: (duration: string) => `= ${duration}`,
    stored: (minutes: number, counts: string) =>
      `${minutes.toLocaleString('en')} is outside what is allowed now, and counts as ${counts}.`,
    missing: 'Enter the minutes.',
    whole: 'Enter whole minutes, such as 30.',
    range: (min: number, max: number) =>
      `Enter ${min.toLocaleString('en')} to ${max.toLocaleString('en')} minutes.`,
    idleOver: (absolute: string) => `The idle limit cannot be longer than the maximum session, ${absolute}.`,
    lastChanged: (who: string, when: string) => `Last changed by ${who}, ${when}`,
    lastChangedAt: (when: string) => `Last changed ${when}`,
    apply: 'Apply to open sessions now',
    applyHint: 'Shortens them at once; none gets longer.',
    reason: 'Reason (optional)',
    reasonNeeded: 'Reason',
    reasonHint: 'Kept in the audit log.',
    save: 'Save',
    saving: 'Saving…',
    saved: 'Policy saved',
    unchanged: 'Nothing to save: these limits are in force.',
    noteNext: 'Applies at next sign-in. Sessions already open keep their current limits.',
    noteAll: 'Applies at next sign-in, and to sessions already open at once.',
    offline: "You're offline. You can save once you're connected again.",
    failed: 'The policy was not saved.',
    uncertain: 'It is not known whether the policy was saved. Saving again does no harm.',
    loadFailed: 'The policy could not be loaded.',
  },
  sessions: {
    title: 'Active sessions',
    summary: (people: number, sessions: number) =>
      `${n(people, 'person is', 'people are')} signed in, in ${n(sessions, 'session')}.`,
    onlyYou: "You're the only person signed in.",
    onlyYouIn: (sessions: number) => `You're the only person signed in, in ${n(sessions, 'session')}.`,
    nobody: 'Nobody is signed in.',
    lastSignIn: (ago: string) => `last sign-in ${ago}`,
    noSignIn: 'no sign-in recorded',
    count: (sessions: number) => n(sessions, 'session'),
    countOf: (sessions: number, name: string) => `${n(sessions, 'session')} of ${name}`,
    capped: (shown: number, total: number) =>
      `The list ends here: it holds the ${shown.toLocaleString('en')} latest to sign in of ${n(total, 'person', 'people')}.`,
    gone: (names: string) => `Already signed out: ${names}.`,
    loadFailed: 'The list could not be loaded.',
    detailFailed: 'Their sessions could not be loaded.',
    myOthers: 'Sign out my other devices',
    signedOutOthers: (sessions: number) => `${n(sessions, 'session')} signed out.`,
    signedOutAll: (sessions: number) => `${n(sessions, 'session')} signed out, yours included.`,
  },
  session: {
    device: (browser: string, os: string) => (browser && os ? `${browser} on ${os}` : browser || os),
    unknownDevice: 'Unknown device',
    current: 'This session',
    ip: 'Address',
    started: 'Signed in',
    active: 'Last active',
    ends: 'Ends',
    endsIdle: (time: string) => `${time}, unless there is activity before`,
    end: 'End session',
    /** `name` is empty where the session is the reader's own. */
    endOn: (device: string, name: string) => `End session${name && ` of ${name}`} on ${device}`,
    ending: 'Ending…',
    ended: (device: string, name: string) => `Session${name && ` of ${name}`} on ${device} ended.`,
    endFailed: (why: string) => `The session was not ended. ${why}`,
    signOut: 'Sign out',
  },
  revoke: {
    others: 'Sign out everyone except me',
    all: 'Sign me out and everyone else',
    title: (action: string) => `${action}?`,
    running: 'Signing out…',
    othersBody: (people: number | null, sessions: number | null) =>
      people === null
        ? 'Everyone else in the account will be signed out. You stay signed in on all your devices.'
        : `${n(people, 'other person', 'other people')} will be signed out${sessions === null ? '' : `, in ${n(sessions, 'session')}`}. You stay signed in on all your devices.`,
    allBody: (people: number | null, sessions: number | null) =>
      people === null
        ? 'Everyone in the account will be signed out, you included.'
        : people <= 1
          ? `You will be signed out${sessions === null ? '' : `, in ${n(sessions, 'session')}`}.`
          : `${n(people, 'person', 'people')} will be signed out, you included${sessions === null ? '' : `, in ${n(sessions, 'session')}`}.`,
    soon: (minutes: number) =>
      `At once here. Apps that check sign-ins themselves follow within a second if they report here, else within ${n(minutes, 'minute')}.`,
    typeName: (name: string) => `Type ${name} to confirm`,
    mismatch: 'This is not the name of the account.',
    failed: 'Nobody was signed out.',
    uncertain: 'It is not known whether people were signed out. Trying again does no harm.',
  },
  yours: {
    title: 'Your sessions',
    lead: (idle: string, absolute: string) =>
      `This session ends after ${idle} without activity, and ${absolute} after sign-in at the latest.`,
    only: "You're signed in only here.",
    endOthers: 'Sign out all other devices',
    endedOthers: (sessions: number) => `${n(sessions, 'other session')} signed out.`,
    loadFailed: 'Your sessions could not be loaded.',
  },
}

/**
 * Every word the parts say. `CurfewProvider` takes any part of it. Those of the
 * policy form and of the `board` come with their code; here are only what
 * replaces them.
 */
export type Texts = typeof english & DeepPartial<FormTexts> & { board?: Partial<BoardTexts> }

/** Any part of `T`, at any depth. */
export type DeepPartial<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T

/** English, with some of it replaced. */
export function mergeTexts(own: DeepPartial<Texts> | undefined): Texts {
  return own ? (merge(english, own) as Texts) : english
}

/** `base` with what `own` replaces, at any depth. */
export function merge(base: object, own: object): object {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(own)) {
    const before = merged[key]
    if (value === undefined) continue
    merged[key] = isGroup(value) && isGroup(before) ? merge(before, value) : value
  }
  return merged
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
