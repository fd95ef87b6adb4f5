import { CurfewError } from '@curfew/client'
import { english } from '@curfew/react'
import { CodeMissing, errorText } from '@curfew/react/internal'

/** A failure in words: what happened, and what can be done about it. */
interface Words {
  title: string
  detail: string
}

/** What the pages run into and the parts do not, or say of what they do. */
const byType: Record<string, Words> = {
  stale: {
    title: 'Somebody else changed this meanwhile',
    detail: 'Look at the newer values, then save again.',
  },
  'not-found': {
    title: 'This is no longer there',
    detail: 'It may have been removed meanwhile. Reload the page.',
  },
  'link-invalid': {
    title: 'This link does not work any more',
    detail: 'Links work once and for a limited time. Ask for a new one.',
  },
  'email-taken': {
    title: 'This email address is already in use',
    detail: 'An address can belong to one account only. Use another one.',
  },
  'last-owner': {
    title: 'This account needs an owner',
    detail: 'The last owner can be neither disabled nor made a member. Make somebody else an owner first.',
  },
  'no-password': {
    title: 'This person has no password here',
    detail: 'They sign in with another service, so there is no password to reset.',
  },
  'session-limit': {
    title: 'You are signed in on as many devices as this account allows',
    detail: 'Sign out on another device, then sign in here.',
  },
  'signup-closed': {
    title: 'New accounts cannot be made here',
    detail: 'Whoever runs this server can make one for you.',
  },
  'cross-origin': {
    title: 'The server refused this page’s address',
    detail: 'Open Curfew at the address it was set up for, then try again.',
  },
  'too-large': { title: 'That is too long', detail: 'Shorten what you typed, then try again.' },
}

/** What to do about what the parts have words for, beside what those say already. */
const own = {
  offline: 'Nothing you typed is lost.',
  timeout: 'Your connection or the server is slow. Try again in a moment.',
  nonsense: 'Try again in a minute, or reload the page.',
  forbidden: 'Your role in this account may have changed. Ask an owner, or reload the page.',
  unavailable: 'Nothing was changed. Try again in a minute.',
  server: 'Try again in a minute. If it stays so, tell whoever runs the server.',
  other: 'Try again. If it stays so, reload the page.',
}

/** Says in words what went wrong. Takes anything that can be thrown. */
export function errorWords(error: unknown): Words {
  if (!(error instanceof CurfewError))
    return asTheParts(error, error instanceof CodeMissing ? own.offline : own.other)
  if (error.kind !== 'problem') return asTheParts(error, own[error.kind])
  const known = byType[error.type]
  if (known) return known
  if (error.status === 403) return asTheParts(error, own.forbidden)
  if (error.status === 429) return asTheParts(error)
  if (error.status === 503) return asTheParts(error, own.unavailable)
  if (error.status >= 500) return asTheParts(error, own.server)
  return {
    title: error.problem?.title ?? 'The server refused this',
    detail: sentence(error.problem?.detail ?? '') || 'Try again, or reload the page.',
  }
}

/** The parts' words for a failure: what happened as the title, the rest below, then the page's. */
function asTheParts(error: unknown, more = ''): Words {
  const [title = '', ...rest] = errorText(error, english).split('. ')
  return { title: title.replace(/\.$/, ''), detail: `${sentence(rest.join('. '))} ${more}`.trim() }
}

/** The server's field errors by field; the first of each. Others are under ''. */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {}
  if (!(error instanceof CurfewError) || error.type !== 'invalid-request') return found
  for (const { field, detail } of error.problem?.errors ?? []) {
    const name = field ?? ''
    // The server names members, such as account_name; people read words.
    const words =
      name && detail.startsWith(name) ? name.replaceAll('_', ' ') + detail.slice(name.length) : detail
    found[name] ??= sentence(words)
  }
  return found
}

/** Makes a sentence of the server's detail: a capital first, a full stop last. */
function sentence(text: string): string {
  const words = text.trim()
  if (!words) return ''
  const first = words.charAt(0).toUpperCase() + words.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
