import { n } from '../texts'

/** What the board says, in English. */
export const boardWords = {
  here: 'Signed out here',
  everywhere: 'Signed out everywhere',
  ended: (sessions: number, time: string) => `${n(sessions, 'session')} ended at ${time}.`,
  followed: (heard: number, all: number) => `${heard} of ${n(all, 'app has', 'apps have')} followed.`,
  allFollowed: (all: number) => `${all === 1 ? 'The app' : `All ${all} apps`} followed.`,
  took: (p50: string, max: string) => `Half of them within ${p50}, the last after ${max}.`,
  noApps:
    'No app reports here. Those that check sign-ins themselves may still accept somebody until the last access token has expired.',
  expired: 'The last access token has expired: no app accepts these sessions any more.',
  left: (time: string) => `At worst ${time} left`,
  apps: 'Apps that check sign-ins themselves',
  confirmed: (took: string) => `Confirmed in ${took}`,
  lagging: 'Following',
  silent: (time: string) => `Silent since ${time}`,
  accepts: (left: string) => `may accept for ${left} more`,
  refuses: 'asks here about each sign-in',
  more: (apps: number) => `and ${n(apps, 'app')} more`,
  milliseconds: (ms: number) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`),
  loadFailed: 'Which apps have followed is not known right now. The sign-out here stands.',
  stale: 'This is from before.',
  gone: 'This could be followed for 30 minutes. How it ended is in the audit log.',
}

/** Every word the board says. */
export type BoardTexts = typeof boardWords
