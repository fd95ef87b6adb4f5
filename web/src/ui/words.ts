import { CurfewError } from '@curfew/client'

/** A failure in words: what happened, and what can be done about it. */
interface Words {
  title: string
  detail: string
}

const byType: Record<string, Words> = {
  forbidden: {
    title: 'Only owners can do this',
    detail: 'Your role in this account may have changed. Ask an owner, or reload the page.',
  },
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

const unavailable: Words = {
  title: 'The server cannot do this right now',
  detail: 'Nothing was changed. Try again in a minute.',
}

/** A number of seconds as people say it, rounded up. */
export function waitWords(seconds: number): string {
  if (seconds <= 90) return `${Math.max(1, Math.ceil(seconds))} ${seconds <= 1 ? 'second' : 'seconds'}`
  const minutes = Math.ceil(seconds / 60)
  if (minutes <= 90) return `${minutes} minutes`
  return `${Math.ceil(minutes / 60)} hours`
}

/** Says in words what went wrong. Takes anything that can be thrown. */
export function errorWords(error: unknown): Words {
  if (!(error instanceof CurfewError)) {
    return {
      title: 'Something went wrong on this page',
      detail: 'Try again. If it stays so, reload the page.',
    }
  }
  switch (error.kind) {
    case 'offline':
      return {
        title: 'The server cannot be reached',
        detail: 'Check your connection, then try again. Nothing you typed is lost.',
      }
    case 'timeout':
      return {
        title: 'The server takes too long to answer',
        detail: 'Your connection or the server is slow. Try again in a moment.',
      }
    case 'nonsense':
      return {
        title: 'The server’s answer could not be understood',
        detail:
          'Something else may have answered in its place, such as a proxy, or it runs another version. Try again in a minute, or reload the page.',
      }
    default:
      return problemWords(error)
  }
}

function problemWords(error: CurfewError): Words {
  if (error.type === 'rate-limited' || error.status === 429) {
    const wait = error.retryAfterSeconds
    return {
      title: 'Too many attempts',
      detail: wait ? `Try again in ${waitWords(wait)}.` : 'Wait a minute, then try again.',
    }
  }
  const known = byType[error.type]
  if (known) return known
  if (error.status === 503) return unavailable
  if (error.status >= 500) {
    const id = error.problem?.instance
    return {
      title: 'The server ran into trouble',
      detail: id
        ? `Try again. If it stays so, tell whoever runs it this number: ${id}`
        : 'Try again in a minute.',
    }
  }
  return {
    title: error.problem?.title ?? 'The server refused this',
    detail: sentence(error.problem?.detail ?? '') || 'Try again, or reload the page.',
  }
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
