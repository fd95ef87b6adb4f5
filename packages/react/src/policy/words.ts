import { useMemo } from 'react'
import { useTexts } from '../context'
import { merge, n } from '../texts'

/** What only the policy form says, in English. */
export const formWords = {
  conflict: {
    title: (who: string, when: string) => `${who} changed the policy ${when}, while you were editing.`,
    somebody: 'Somebody',
    theirs: 'Theirs',
    mine: 'Yours',
    useTheirs: 'Use theirs',
    keepMine: 'Keep mine',
    sessions: (most: number | null) =>
      most === null ? 'any number of sessions per person' : `${n(most, 'session')} per person`,
    hint: 'Nothing of yours is saved yet. "Keep mine" saves it over theirs.',
  },
  perPerson: {
    label: 'Sessions per person',
    hint: "Counts from each person's next sign-in. Leave it empty for no limit.",
    hintMost: (most: number) =>
      `Counts from each person's next sign-in. Leave it empty for the most allowed, ${most}.`,
    unit: (sessions: number | null) => (sessions === 1 ? 'session at once' : 'sessions at once'),
    whole: 'Enter a whole number, such as 3, or leave it empty.',
    range: (most: number) => `Enter 1 to ${most}, or leave it empty.`,
    stored: (sessions: number, counts: number) =>
      `${sessions} is outside what is allowed now, and counts as ${counts}.`,
    action: 'When someone at the limit signs in',
    actions: {
      evict_oldest: 'End their session that was used least recently',
      refuse_new: 'Refuse the new sign-in',
    },
  },
  preview: {
    title: 'Who is affected',
    loading: 'Working out who is affected…',
    invalid: 'Correct the limits to see who is affected.',
    none: 'No open session would change.',
    summary: (ending: number, shortened: number, people: number) =>
      `${ending === 0 ? 'No session ends' : `${n(ending, 'session')} ${ending === 1 ? 'ends' : 'end'}`} now, ` +
      `${n(shortened, 'session')} ${shortened === 1 ? 'gets' : 'get'} shorter. ` +
      `${n(people, 'person is', 'people are')} affected.`,
    you: 'Your own session ends too: you will have to sign in again.',
    notYou: 'You stay signed in.',
    person: (ending: number, shortened: number) =>
      [ending > 0 && `${ending} ${ending === 1 ? 'ends' : 'end'}`, shortened > 0 && `${shortened} shorter`]
        .filter(Boolean)
        .join(', '),
    truncated: (shown: number, total: number) =>
      `The first ${shown.toLocaleString('en')} of ${n(total, 'person', 'people')}.`,
    failed: 'It could not be worked out who is affected.',
  },
  standards: {
    title: 'Compared with published timeouts',
    /** `undecidable`: it depends on who is an administrator. */
    verdicts: { within: 'Within', over: 'Over', undecidable: 'Depends' },
    numbers: (idle: string | null, absolute: string | null, administrators: string | null) =>
      [
        idle && `${idle} idle`,
        absolute && `${absolute} in all`,
        administrators && `administrators ${administrators}`,
      ]
        .filter(Boolean)
        .join(', '),
    undecidable: (names: string) => `Not decided by numbers: ${names}.`,
    details: 'What these numbers leave out',
    scope: 'Only the timeouts are compared. Each standard asks for more than timeouts.',
    /** By how binding the numbers are. */
    force: {
      shall: 'Required.',
      required: 'Required.',
      should: 'Recommended.',
      advice: 'Advice.',
      unnumbered: 'No number.',
    },
    /** By a standard's id, in place of the caveat that stands in the table. */
    caveats: {} as Record<string, string>,
  },
}

/** Every word that only the policy form says. */
export type FormTexts = typeof formWords

const none = {}

/** These words, with what the provider's `texts` replaced. */
export function useFormTexts(): FormTexts {
  const { conflict = none, perPerson = none, preview = none, standards = none } = useTexts()
  return useMemo(
    () => merge(formWords, { conflict, perPerson, preview, standards }) as FormTexts,
    [conflict, perPerson, preview, standards],
  )
}
