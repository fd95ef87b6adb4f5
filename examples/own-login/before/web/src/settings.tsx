import { useState } from 'react'
import { call } from './session'
import { useList } from './use-list'

interface Person {
  id: string
  name: string
  email: string
  role: string
}

/** The owner's settings. */
export function Settings() {
  const { items, error, load } = useList<Person>('/api/people')
  const [refused, setRefused] = useState('')

  async function change(person: Person, role: string) {
    try {
      await call('PUT', `/api/people/${person.id}/role`, { role })
      setRefused('')
    } catch (cause) {
      setRefused((cause as Error).message)
    }
    await load()
  }

  return (
    <>
      <h1>Settings</h1>
      <section aria-labelledby="people">
        <h2 id="people">People</h2>
        <ul className="people">
          {items.map((person) => (
            <li key={person.id}>
              <span>
                <bdi>{person.name}</bdi> <small>{person.email}</small>
              </span>
              <select
                aria-label={`Role of ${person.name}`}
                value={person.role}
                onChange={(event) => change(person, event.target.value)}
              >
                <option value="owner">Owner</option>
                <option value="member">Member</option>
              </select>
            </li>
          ))}
        </ul>
        {(error || refused) && <p role="alert">{error || refused}</p>}
      </section>
    </>
  )
}
