import { useId, useState } from 'react'
import { useTexts } from '../context'
import type { Security } from '../types'
import { Button } from '../ui/button'
import { PersonRow } from './person-row'

const step = 25

interface PeopleListProps {
  data: Security
  userId: string
  onGone: (name: string) => void
  onEnded: () => void
}

/** Who is signed in, latest sign-in first, a screenful at a time. */
export function PeopleList({ data, userId, onGone, onEnded }: PeopleListProps) {
  const texts = useTexts()
  const [shown, setShown] = useState(step)
  const id = useId()
  const people = data.active_users
  return (
    <>
      <ul className="cf-people" id={id}>
        {people.slice(0, shown).map((person) => (
          <PersonRow
            key={person.user_id}
            person={person}
            you={person.user_id === userId}
            onGone={() => onGone(person.name)}
            onEnded={onEnded}
          />
        ))}
      </ul>
      {people.length > shown ? (
        <Button look="quiet" aria-controls={id} onClick={() => setShown(shown + step)}>
          {texts.common.showMore}
        </Button>
      ) : (
        data.active_user_count > people.length && (
          <p className="cf-hint">{texts.sessions.capped(people.length, data.active_user_count)}</p>
        )
      )}
    </>
  )
}
