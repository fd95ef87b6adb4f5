import type { AuditEvent } from '@curfew/client'
import type { Format } from '@curfew/react'
import { Bdi } from '@curfew/react'
import { isolate } from '@curfew/react/internal'
import { isValidElement, type ReactNode } from 'react'
import { actionLabel } from './actions'
import { countIn, deviceIn, objectIn, objectsIn, textIn } from './details'

/** What a sentence needs to know besides its event. */
export interface Context {
  /** Names by id of the account's people, as they are called now. */
  readonly names: ReadonlyMap<string, string>
  /** One for all rows: making a format for each would be slow. */
  readonly format: Pick<Format, 'duration' | 'ago' | 'exact'>
}

type Teller = (event: AuditEvent, context: Context) => ReactNode

/** Says in one sentence what happened. Names are text, whatever they contain. */
export function sentenceOf(event: AuditEvent, context: Context): ReactNode {
  const tell = Object.hasOwn(tellers, event.action) ? tellers[event.action] : undefined
  return tell ? (
    tell(event, context)
  ) : (
    <>
      {actor(event)}: {actionLabel(event.action)}
    </>
  )
}

/**
 * The same as text, without a line break. What a name contains may not turn the
 * words around it; a search in the page finds names of Latin letters as they are.
 */
export function plainSentence(event: AuditEvent, context: Context): string {
  return textOf(sentenceOf(event, context)).replace(/\s+/g, ' ').trim()
}

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(textOf).join('')
  if (!isValidElement<{ children?: ReactNode }>(node)) return ''
  const text = textOf(node.props.children)
  return node.type === Name && /[^\u0020-\u024f]/.test(text) ? isolate(text) : text
}

/** A name or an address, kept from turning the text around it. */
function Name({ children }: { children: string }) {
  return <Bdi className="audit-name">{children}</Bdi>
}

/** Who did it: as they were called then. */
function actor(event: AuditEvent): ReactNode {
  const by = event.actor
  if (!by) return 'Somebody'
  switch (by.type) {
    case 'operator':
      return 'The operator'
    case 'system':
      return 'Curfew'
    case 'service':
      return (
        <>
          The service <Name>{by.name || 'without a name'}</Name>
        </>
      )
    default:
      return <Name>{by.name || by.email || 'Somebody'}</Name>
  }
}

/** The person an event is about, named by an id. */
function personOf(id: string, context: Context): ReactNode {
  const name = context.names.get(id)
  return name ? <Name>{name}</Name> : 'a person'
}

const resource = (event: AuditEvent, context: Context) => personOf(event.resource_id, context)
const about = (event: AuditEvent, context: Context) => personOf(textIn(event.details, 'user_id'), context)
const self = (event: AuditEvent) => event.actor?.id != null && event.actor.id === event.resource_id
const whom = (event: AuditEvent, context: Context) => (self(event) ? 'themselves' : resource(event, context))
const role = (text: string) =>
  text === 'owner' ? 'an owner' : text === 'member' ? 'a member' : text || 'something else'

function sessions(count: number | null): string {
  if (!count) return ''
  return count === 1 ? ' (1 session)' : ` (${count} sessions)`
}

const tellers: Record<string, Teller> = {
  'account.create': (e) => (
    <>
      {actor(e)} created the account <Name>{textIn(e.details, 'name')}</Name>
    </>
  ),
  'account.update': (e) => (
    <>
      {actor(e)} renamed the account to <Name>{textIn(e.details, 'new')}</Name>
    </>
  ),
  'account.session_policy_update': policyUpdate,
  'account.sessions_revoked_bulk': (e) => (
    <>
      {actor(e)} signed out {textIn(e.details, 'scope') === 'others' ? 'everyone else' : 'everyone'}
      {sessions(countIn(e.details, 'revoked_count'))}
    </>
  ),
  'account.bounds_update': (e) => <>{actor(e)} changed the bounds of this account’s limits</>,
  'account.local_sign_in_update': (e) => (
    <>
      {actor(e)}{' '}
      {e.details.new === false ? 'kept sign-in to the product' : 'let people sign in here with a password'}
    </>
  ),
  'account.revocation_receipt': (e) => {
    const who = textIn(e.details, 'scope') === 'others' ? 'everyone else' : 'everyone'
    // The last to confirm; none where the end was that no token was left.
    const apps = countIn(e.details, 'verifier_count')
    const silent = objectsIn(e.details, 'verifiers').some((v) => textIn(v, 'state') !== 'acknowledged')
    return apps && !silent
      ? `Every app confirmed the sign-out of ${who} (${apps} ${apps === 1 ? 'app' : 'apps'})`
      : `The last access token of the sign-out of ${who} expired`
  },
  'user.create': (e) => (
    <>
      <Name>{textIn(e.details, 'name') || 'Somebody'}</Name> joined as {role(textIn(e.details, 'role'))}
    </>
  ),
  'user.update': (e, c) =>
    self(e) ? (
      <>
        {actor(e)} changed their name to <Name>{textIn(e.details, 'new')}</Name>
      </>
    ) : (
      <>
        {actor(e)} changed the name of {resource(e, c)}
      </>
    ),
  'user.role_change': (e, c) => (
    <>
      {actor(e)} made {whom(e, c)} {role(textIn(e.details, 'new'))}
    </>
  ),
  'user.disable': (e, c) => (
    <>
      {actor(e)} disabled {whom(e, c)}
    </>
  ),
  'user.enable': (e, c) => (
    <>
      {actor(e)} enabled {whom(e, c)} again
    </>
  ),
  'user.sessions_revoked': sessionsRevoked,
  'user.password_change': (e, c) =>
    e.actor?.type === 'operator' ? (
      <>
        {actor(e)} set a new password for {resource(e, c)}
      </>
    ) : (
      <>{actor(e)} changed their password</>
    ),
  'user.password_reset_request': (e, c) => <>A password reset was asked for by mail for {resource(e, c)}</>,
  'user.reset_link_create': (e, c) => (
    <>
      {actor(e)} made a reset link for {whom(e, c)}
    </>
  ),
  'user.portal_link_create': (e, c) => (
    <>
      {actor(e)} made a link that opens these pages for {whom(e, c)}
    </>
  ),
  'user.password_reset': (e, c) => <>{resource(e, c)} set a new password with a reset link</>,
  'invite.create': (e) => (
    <>
      {actor(e)} invited <Name>{textIn(e.details, 'email')}</Name> as {role(textIn(e.details, 'role'))}
    </>
  ),
  'invite.delete': (e) => (
    <>
      {actor(e)} took back the invitation of <Name>{textIn(e.details, 'email')}</Name>
    </>
  ),
  'invite.accept': (e) => (
    <>
      {actor(e)} accepted the invitation sent to <Name>{textIn(e.details, 'email')}</Name>
    </>
  ),
  'session.start': (e) => {
    const device = deviceIn(e.details)
    return (
      <>
        {actor(e)} signed in{device ? ` with ${device}` : ''}
      </>
    )
  },
  'session.start_refused': (e, c) => (
    <>
      A sign-in{e.resource_type === 'user' ? <> of {resource(e, c)}</> : ''} was refused{because(e)}
    </>
  ),
  'session.logout': (e) => <>{actor(e)} signed out</>,
  'session.revoke': sessionRevoke,
  'session.reuse_detected': (e, c) => (
    <>A session of {about(e, c)} was ended: its refresh token was used twice</>
  ),
  'access.denied': denied,
}

function policyUpdate(event: AuditEvent, { format: { duration } }: Context): ReactNode {
  const [before, after] = [objectIn(event.details, 'effective_old'), objectIn(event.details, 'effective_new')]
  const open = textIn(event.details, 'apply_to') === 'all_sessions'
  if (!after) return <>{actor(event)} changed the session policy</>
  const [idle, most] = [countIn(after, 'idle_minutes'), countIn(after, 'absolute_minutes')]
  const same =
    before?.idle_minutes === after.idle_minutes && before?.absolute_minutes === after.absolute_minutes
  const perPerson = sessionLimit(before, after)
  if (same && perPerson)
    return (
      <>
        {actor(event)} changed the session policy to {perPerson}
      </>
    )
  const limits =
    idle !== null && most !== null
      ? ` ${same ? 'of' : 'to'} ${duration(idle)} idle, ${duration(most)} at most`
      : ''
  return (
    <>
      {actor(event)} {same ? 'applied the session policy' : 'changed the session policy'}
      {limits}
      {open ? (same ? ' to open sessions' : ', open sessions too') : ''}
      {perPerson && `, with ${perPerson}`}
    </>
  )
}

/** What became of the limit on one person's sessions; '' when nothing did. */
function sessionLimit(before: Record<string, unknown> | null, after: Record<string, unknown>): string {
  const [most, action] = [countIn(after, 'max_sessions_per_user'), textIn(after, 'session_limit_action')]
  if (
    most === countIn(before ?? {}, 'max_sessions_per_user') &&
    action === textIn(before ?? {}, 'session_limit_action')
  )
    return ''
  if (most === null) return 'no limit on sessions per person'
  const then = action === 'refuse_new' ? 'one more is refused' : 'one more ends the oldest'
  return `${most} ${most === 1 ? 'session' : 'sessions'} per person at most (${then})`
}

function sessionsRevoked(event: AuditEvent, context: Context): ReactNode {
  const ended = sessions(countIn(event.details, 'revoked_count'))
  if (textIn(event.details, 'scope') === 'others')
    return (
      <>
        {actor(event)} signed out their other devices{ended}
      </>
    )
  return (
    <>
      {actor(event)} signed out {self(event) ? 'themselves everywhere' : resource(event, context)}
      {ended}
    </>
  )
}

function sessionRevoke(event: AuditEvent, context: Context): ReactNode {
  if (textIn(event.details, 'scope') === 'all') {
    return (
      <>
        {actor(event)} ended all sessions{sessions(countIn(event.details, 'revoked_count'))}
      </>
    )
  }
  const whose = textIn(event.details, 'user_id')
  if (textIn(event.details, 'reason') === 'session_limit') {
    return <>A session of {about(event, context)} made way for a newer one</>
  }
  if (event.actor?.id && event.actor.id === whose) return <>{actor(event)} ended a session of their own</>
  return (
    <>
      {actor(event)} ended a session of {about(event, context)}
    </>
  )
}

const causes: Record<string, string> = {
  wrong_password: 'wrong password',
  unknown_login_name: 'nobody has that address',
  disabled: 'the person is disabled',
  throttled: 'too many attempts',
  session_limit: 'as many sessions as the account allows',
}

function because(event: AuditEvent): string {
  const cause = textIn(event.details, 'cause')
  const words = Object.hasOwn(causes, cause) ? causes[cause] : cause.replaceAll('_', ' ')
  return words ? `: ${words}` : ''
}

const links: Record<string, string> = {
  unknown_link: 'not one that was given out',
  spent_link: 'already used',
  late_link: 'too old',
  link_of_nobody: 'its maker may not invite any more',
}

function denied(event: AuditEvent): ReactNode {
  const [operation, cause] = [textIn(event.details, 'operation'), textIn(event.details, 'cause')]
  if (cause === 'wrong_current') return <>{actor(event)} gave a wrong current password</>
  if (cause === 'not_an_owner') return <>{actor(event)} asked for something that only owners may do</>
  if (cause === 'caller_not_allowed_any_more') {
    return <>{actor(event)} was refused: no longer an owner, or signed out meanwhile</>
  }
  if (Object.hasOwn(links, cause)) {
    return (
      <>
        {operation === 'invite' ? 'An invitation link' : 'A link'} was refused: {links[cause]}
      </>
    )
  }
  return <>{actor(event)} was denied access</>
}
