/** Times, durations and counts in one locale. */
export interface Format {
  /** "12 min ago", by the server's clock. */
  ago(iso: string): string
  /** "3:42 PM", from milliseconds or an ISO time. */
  clock(time: number | string): string
  /** The clock time today, the day and the time otherwise. */
  short(iso: string): string
  /** The full date and time, for titles. */
  exact(iso: string): string
  /** "7 days", "12 hours", "1 day 30 minutes". */
  duration(minutes: number): string
  /** A number with the word that fits it. */
  count(n: number, one: string, many: string): string
  /** Names in a row: "Ada, Grace and Alan". */
  list(names: string[]): string
}

/**
 * English stays with English: without a `locale`, the browser's own variant of
 * English, so that a German browser does not read "last sign-in vor 12 Min.".
 */
export function defaultLocale(): string {
  const own = typeof navigator === 'undefined' ? 'en' : navigator.language
  return /^en\b/i.test(own ?? '') ? own : 'en'
}

const steps = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** Makes the formats of a locale. `now` is the server's time in milliseconds. */
export function createFormat(locale: string, now: () => number, justNow: string): Format {
  const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options)
  const time = { hour: 'numeric', minute: '2-digit' } as const
  const clock = date(time)
  const day = date({ day: 'numeric', month: 'short', ...time })
  const year = date({ dateStyle: 'medium' })
  const exact = date({ dateStyle: 'medium', timeStyle: 'long' })
  const relative = new Intl.RelativeTimeFormat(locale, { style: 'short' })
  const numbers = new Intl.NumberFormat(locale)
  const plural = new Intl.PluralRules(locale)
  const units = new Intl.ListFormat(locale, { style: 'narrow', type: 'unit' })
  const names = new Intl.ListFormat(locale, { type: 'conjunction' })
  const lengths = Object.fromEntries(
    steps.map(([unit]) => [
      unit,
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }),
    ]),
  )
  const of = (value: number, unit: string) => lengths[unit]?.format(value) ?? ''
  // What belongs together stays on one line.
  const hour = (time: Date) => clock.format(time).replace(/\s/g, '\u00a0')
  return {
    ago(iso) {
      const seconds = Math.max(0, (now() - Date.parse(iso)) / 1000)
      for (const [unit, size] of steps) {
        // English abbreviates with full stops that read as the end of a sentence.
        if (seconds >= size)
          return relative.format(-Math.floor(seconds / size), unit).replace(/(min|hr)\./, '$1')
      }
      return justNow
    },
    clock: (time) => hour(new Date(time)),
    short(iso) {
      const then = new Date(iso)
      const today = new Date(now())
      if (then.toDateString() === today.toDateString()) return hour(then)
      return then.getFullYear() === today.getFullYear() ? day.format(then) : year.format(then)
    },
    exact: (iso) => exact.format(new Date(iso)),
    duration(minutes) {
      // Up to two days people count in hours: "24 hours", not "1 day".
      const days = minutes < 2880 ? 0 : Math.floor(minutes / 1440)
      const hours = Math.floor((minutes - days * 1440) / 60)
      const rest = minutes - days * 1440 - hours * 60
      const parts = [days && of(days, 'day'), hours && of(hours, 'hour'), rest && of(rest, 'minute')]
      return units.format(parts.filter((p): p is string => typeof p === 'string')) || of(0, 'minute')
    },
    count: (n, one, many) => `${numbers.format(n)} ${plural.select(n) === 'one' ? one : many}`,
    list: (all) => names.format(all),
  }
}
