import type { Fate } from './ages'

/** What would become of a session, in words. */
export function fateWords(fate: Fate): string {
  switch (fate) {
    case 'stays':
      return 'Stays'
    case 'idle':
      return 'Ends: idle limit'
    case 'absolute':
      return 'Ends: maximum'
  }
}
