import type { AuditEvent } from '@curfew/client'
import { Bdi } from '@curfew/react'
import { turning } from '@curfew/react/internal'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { actionLabel } from './actions'
import { changesOf, deviceIn, textIn } from './details'
import type { Context } from './sentence'

interface DetailsProps {
  id: string
  event: AuditEvent
  context: Context
}

/** All that is known of an event: facts, what changed, and the event itself as JSON. */
export function Details({ id, event, context }: DetailsProps) {
  const { format } = context
  const changes = changesOf(event.details, event.action, format.duration)
  const reason = event.action === 'account.session_policy_update' ? textIn(event.details, 'reason') : ''
  const device = deviceIn(event.details)
  return (
    <section className="audit-details" id={id} aria-label="Details">
      {changes.length > 0 ? (
        <table className="audit-changes">
          <thead>
            <tr>
              <th scope="col">Changed</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.what}>
                <th scope="row">{change.what}</th>
                <td>
                  <Bdi>{change.old || '–'}</Bdi>
                </td>
                <td>
                  <Bdi>{change.new || '–'}</Bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      <dl className="audit-facts">
        <Fact name="When">
          <time dateTime={event.occurred_at}>{format.exact(event.occurred_at)}</time>
        </Fact>
        <Fact name="Who">
          <Who event={event} />
        </Fact>
        <Fact name="Reason">{reason ? <Bdi>{reason}</Bdi> : null}</Fact>
        <Fact name="IP address">{event.ip}</Fact>
        <Fact name="Device">{device}</Fact>
        <Fact name="User agent">{event.user_agent ? <Bdi>{event.user_agent}</Bdi> : null}</Fact>
        <Fact name="Action">
          {actionLabel(event.action)} <code>{event.action}</code>
        </Fact>
      </dl>
      <details className="audit-json">
        <summary>The event as JSON</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
        <pre tabIndex={0}>{json(event)}</pre>
      </details>
    </section>
  )
}

/** What would turn the rest of its line stands as JSON may write it: \u202e. */
const json = (event: AuditEvent) =>
  JSON.stringify(event, null, 2).replace(turning, (char) => `\\u${char.charCodeAt(0).toString(16)}`)

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Who did it, with a way to see all that they did. */
function Who({ event }: { event: AuditEvent }) {
  const by = event.actor
  if (!by) return 'Not known'
  const kinds = { user: '', service: 'A service', operator: 'The operator', system: 'Curfew itself' }
  return (
    <>
      {by.name ? <Bdi>{by.name}</Bdi> : (kinds[by.type] ?? by.type)}
      {by.email ? (
        <>
          {' '}
          <Bdi className="audit-quiet">{by.email}</Bdi>
        </>
      ) : null}
      {by.id ? (
        <>
          {' · '}
          <Link className="link" to="/account/audit" search={{ actor: by.id }}>
            All they did
          </Link>
        </>
      ) : null}
    </>
  )
}
