import { useEffect, useRef, useState } from 'react'
import { useCurfew } from '../context'
import { curfewError } from '../error-text'
import type { Security, StoredPolicy } from '../types'
import type { LimitPatch } from './limit'

/** Where saving stands. */
export type SaveState =
  | { status: 'idle' }
  | { status: 'saving' }
  | { status: 'saved' }
  | { status: 'unchanged' }
  | { status: 'refused'; fields: Record<string, string>; error: unknown }
  | { status: 'conflict'; theirs: Security }

/** What is saved: the members that differ, and how. */
export interface SaveRequest {
  patch: Partial<StoredPolicy> & LimitPatch
  applyNow: boolean
  reason: string
  etag: string | null
}

const savedFor = 2500

/** Saves a policy. `done` gets the answer; `fresh` loads what is stored when somebody else was faster. */
export function usePolicySave(done: (answer: Security) => void, fresh: () => Promise<Security | null>) {
  const client = useCurfew()
  const [state, setState] = useState<SaveState>({ status: 'idle' })
  const run = useRef<AbortController | null>(null)
  useEffect(() => () => run.current?.abort(), [])
  const brief = state.status === 'saved' || state.status === 'unchanged'
  useEffect(() => {
    if (!brief) return
    const timer = setTimeout(() => setState({ status: 'idle' }), savedFor)
    return () => clearTimeout(timer)
  }, [brief])

  async function save({ patch, applyNow, reason, etag }: SaveRequest) {
    if (Object.keys(patch).length === 0 && !applyNow) {
      setState({ status: 'unchanged' })
      return
    }
    const mine = new AbortController()
    run.current = mine
    setState({ status: 'saving' })
    const body = {
      ...patch,
      ...(applyNow && { apply_to: 'all_sessions' as const }),
      ...(reason.trim() && { reason: reason.trim() }),
    }
    try {
      const answer = await client.api.updateSecurity(body, {
        ifMatch: etag ?? undefined,
        signal: mine.signal,
      })
      if (mine.signal.aborted) return
      done(answer)
      setState({ status: 'saved' })
    } catch (error) {
      if (mine.signal.aborted) return
      const theirs = curfewError(error)?.status === 412 ? await fresh() : null
      if (mine.signal.aborted) return
      setState(
        theirs ? { status: 'conflict', theirs } : { status: 'refused', fields: fieldsOf(error), error },
      )
    }
  }

  /** Forgets a refusal: of one field when it is edited, or all of it. */
  function clear(field?: string) {
    setState((now) => {
      if (now.status === 'saving') return now
      if (field === undefined) return { status: 'idle' }
      if (now.status !== 'refused' || !(field in now.fields)) return now
      const { [field]: _, ...fields } = now.fields
      return Object.keys(fields).length > 0 ? { ...now, fields } : { status: 'idle' }
    })
  }

  return { state, save, clear }
}

/** What the server says of each field that it refused. */
function fieldsOf(error: unknown): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { field, detail } of curfewError(error)?.problem?.errors ?? []) {
    if (field && slots.includes(field)) fields[field] ??= inWords(field, detail)
  }
  return fields
}

/** The server names members, such as idle_minutes; people read words. */
function inWords(field: string, detail: string): string {
  if (!detail.startsWith(`${field} `)) return detail
  const words = detail.replace(field, field.replaceAll('_', ' '))
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const slots = ['idle_minutes', 'absolute_minutes', 'max_sessions_per_user', 'reason']
