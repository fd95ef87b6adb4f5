import { useId, useState } from 'react'
import { useTexts } from '../context'
import type { ActiveUser } from '../types'
import { Ago } from '../ui/ago'
import { Bdi, isolate, unturned } from '../ui/bdi'
import { Icon } from '../ui/icons'
import { PersonSessions } from './person-sessions'

interface PersonRowProps {
  person: ActiveUser
  you: boolean
  /** They have no session open any more. */
  onGone: () => void
  /** One of their sessions was ended. */
  onEnded: () => void
}

/** Somebody who is signed in; unfolds to each of their sessions. */
export function PersonRow({ person, you, onGone, onEnded }: PersonRowProps) {
  const texts = useTexts()
  const [open, setOpen] = useState(false)
  const id = useId()
  return (
    <li className="cf-person">
      <div className="cf-person-row">
        <div className="cf-person-who">
          <p className="cf-person-name" title={unturned(person.name)}>
            <Bdi>{person.name}</Bdi>
            {you && <span className="cf-you"> {texts.common.you}</span>}
          </p>
          <p className="cf-hint cf-person-email" title={unturned(person.email)}>
            <Bdi>{person.email}</Bdi>
          </p>
        </div>
        <p className="cf-hint cf-person-when">
          {person.last_login_at ? (
            <Ago iso={person.last_login_at} words={texts.sessions.lastSignIn} />
          ) : (
            texts.sessions.noSignIn
          )}
        </p>
        <button
          type="button"
          className="cf-button cf-button-quiet cf-expand"
          aria-expanded={open}
          aria-controls={id}
          aria-label={texts.sessions.countOf(person.session_count, isolate(person.name))}
          onClick={() => setOpen(!open)}
        >
          {texts.sessions.count(person.session_count)}
          <Icon name="chevron" />
        </button>
      </div>
      <div id={id} hidden={!open}>
        {open && <PersonSessions person={person} onGone={onGone} onEnded={onEnded} />}
      </div>
    </li>
  )
}
