import { type FormEvent, useState } from 'react'
import { call } from './session'
import { useList } from './use-list'

interface Booking {
  boat: string
  berth: string
}

/** What the product is for: which boat lies where. */
export function Bookings() {
  const { items, error, load } = useList<Booking>('/api/bookings')
  const [refused, setRefused] = useState('')

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    try {
      await call('POST', '/api/bookings', Object.fromEntries(new FormData(form)))
      form.reset()
      setRefused('')
      await load()
    } catch (cause) {
      setRefused((cause as Error).message)
    }
  }

  return (
    <>
      <h1>Bookings</h1>
      <table>
        <thead>
          <tr>
            <th scope="col">Boat</th>
            <th scope="col">Berth</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ boat, berth }) => (
            <tr key={`${boat} ${berth}`}>
              <td>{boat}</td>
              <td>{berth}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {error && <p role="alert">{error}</p>}
      <form className="row" onSubmit={submit}>
        <label>
          Boat
          <input name="boat" required />
        </label>
        <label>
          Berth
          <input name="berth" required />
        </label>
        <button type="submit">Book</button>
      </form>
      {refused && <p role="alert">{refused}</p>}
    </>
  )
}
