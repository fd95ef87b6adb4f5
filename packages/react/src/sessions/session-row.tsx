import type { ReactNode } from 'react'
import { useFormat, useTexts } from '../context'
import type { SessionItem } from '../types'
import { Ago } from '../ui/ago'
import { Bdi } from '../ui/bdi'
import { Icon } from '../ui/icons'

interface SessionRowProps {
  session: SessionItem
  /** The device in words: "Firefox 144 on Windows". */
  device: string
  /** What ends it. */
  children: ReactNode
}

/** One session: its device, where and when, and the button that ends it. */
export function SessionRow({ session, device, children }: SessionRowProps) {
  const texts = useTexts().session
  return (
    <li className="cf-session">
      <span className="cf-session-icon">
        <Icon name={session.device.kind} />
      </span>
      <div className="cf-session-body">
        <p className="cf-session-device">
          <Bdi>{device}</Bdi>
          {session.current && <span className="cf-tag">{texts.current}</span>}
        </p>
        <dl className="cf-facts">
          <Fact name={texts.active}>
            <Ago iso={session.last_active_at} />
          </Fact>
          <Fact name={texts.started}>
            <Ago iso={session.started_at} />
          </Fact>
          <Fact name={texts.ends}>
            <Ends session={session} />
          </Fact>
          <Fact name={texts.ip}>
            <Bdi>{session.ip}</Bdi>
          </Fact>
        </dl>
      </div>
      <div className="cf-session-action">{children}</div>
    </li>
  )
}

/** The nearer deadline; an idle one moves with activity, and its title says so. */
function Ends({ session }: { session: SessionItem }) {
  const texts = useTexts().session
  const format = useFormat()
  const idle = Date.parse(session.idle_expires_at) < Date.parse(session.absolute_expires_at)
  const iso = idle ? session.idle_expires_at : session.absolute_expires_at
  const exact = format.exact(iso)
  return (
    <time dateTime={iso} title={idle ? texts.endsIdle(exact) : exact}>
      {format.short(iso)}
    </time>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
