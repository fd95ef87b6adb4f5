import type { Client } from '@curfew/client'

type Answer<K extends keyof Client['api']> = Client['api'][K] extends (...args: never[]) => infer R
  ? Awaited<R>
  : never

/** The account's session policy and who is signed in, with its ETag. */
export type Security = Answer<'getSecurity'>
/** Somebody with at least one active session. */
export type ActiveUser = Security['active_users'][number]
/** What applying a policy to open sessions would do. */
export type Preview = Answer<'previewSecurity'>
/** One session in a list. */
export type SessionItem = Answer<'listSessions'>['items'][number]

/** A session policy in whole minutes. */
export interface PolicyMinutes {
  idle_minutes: number
  absolute_minutes: number
}

/** A policy as it is stored: `null` inherits the default. */
export interface StoredPolicy {
  idle_minutes: number | null
  absolute_minutes: number | null
}
