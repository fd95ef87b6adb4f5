import { useEffect, useRef, useState } from 'react'
import type { PolicyMinutes, Security, StoredPolicy } from '../types'
import {
  choose,
  type Draft,
  draftOf,
  each,
  effective,
  type Fault,
  type Field,
  faults,
  fields,
  inForce,
  type,
  wanted,
} from './draft'
import { type LimitDraft, type LimitFault, limitFault, limitOf } from './limit'

/** The form's state and what follows from it. */
export interface PolicyForm {
  /** What the form is based on: the newest when nothing was edited, else what the editing began with. */
  base: Security
  draft: Draft
  /** The policy asked for; null while a number is wrong. */
  policy: StoredPolicy | null
  /** The limits as they would be in force; the last valid ones while a number is wrong. */
  minutes: PolicyMinutes
  /** What is wrong and may be said already. */
  said: Partial<Record<Field, Fault>>
  /** The limit on one person's sessions. */
  limit: LimitDraft
  limitSaid: LimitFault | undefined
  limitValid: boolean
  writeLimit(limit: LimitDraft): void
  leaveLimit(): void
  pick(choice: string): void
  write(field: Field, text: string): void
  /** Looked away from a field: from now on its faults are said. */
  leave(field: Field): void
  /** Says every fault. Returns the first field that has one. */
  sayAll(): Field | 'max_sessions_per_user' | undefined
  /** Forgets what was edited. */
  reset(): void
  /** Keeps what was edited, on top of somebody else's change. */
  rebase(security: Security): void
}

interface Edit {
  draft: Draft
  base: Security
}

/** Holds what is edited apart from what is stored: a reload never touches the first. */
export function usePolicyForm(data: Security): PolicyForm {
  const [edit, setEdit] = useState<Edit | null>(null)
  const [open, setOpen] = useState<Partial<Record<Field, boolean>>>({})
  const [limitOpen, setLimitOpen] = useState(false)
  const base = edit?.base ?? data
  const draft = edit?.draft ?? draftOf(data)
  const found = faults(draft, base)
  const policy = wanted(draft, base)
  const limit = draft.limit ?? limitOf(base)
  const limitWrong = limitFault(limit, base)
  const minutes = useLastValid(policy && effective(policy, base), base)

  const change = (next: Draft) => {
    setEdit({ draft: next, base })
    // A fault that was mended is no longer watched; the next one waits for the blur.
    const left = faults(next, base)
    setOpen((now) => each((field) => now[field] && !!left[field]))
  }

  return {
    base,
    draft,
    policy,
    minutes,
    said: each((field) => (open[field] ? found[field] : undefined)),
    limit,
    limitValid: !limitWrong,
    limitSaid: limitOpen ? limitWrong : undefined,
    writeLimit: (next) => {
      change({ ...draft, limit: next })
      setLimitOpen((now) => now && !!limitFault(next, base))
    },
    leaveLimit: () => setLimitOpen(!!limitWrong),
    pick: (choice) => change(choose(draft, choice, base)),
    write: (field, text) => change(type(draft, field, text, base)),
    leave: (field) =>
      setOpen((now) => ({
        ...now,
        [field]: !!found[field],
        // The relation of both is said beside the idle limit, whichever field broke it.
        ...(found.idle_minutes === 'idleOver' && { idle_minutes: true }),
      })),
    sayAll: () => {
      setOpen(each((field) => !!found[field]))
      setLimitOpen(!!limitWrong)
      return fields.find((field) => found[field]) ?? (limitWrong && 'max_sessions_per_user')
    },
    reset: () => {
      setEdit(null)
      setOpen({})
      setLimitOpen(false)
    },
    rebase: (security) => setEdit({ draft, base: security }),
  }
}

/** While a number is wrong, what depends on the limits stays where it was. */
function useLastValid(minutes: PolicyMinutes | null, base: Security): PolicyMinutes {
  const last = useRef<PolicyMinutes | null>(null)
  useEffect(() => {
    if (minutes) last.current = minutes
  })
  return minutes ?? last.current ?? inForce(base)
}
