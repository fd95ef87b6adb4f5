import { useState } from 'react'

const orders = [
  { number: 1041, who: 'Café Linden', what: '24 espresso cups, celadon', due: 'Thursday' },
  { number: 1042, who: 'Hotel Aurora', what: '60 breakfast plates, oatmeal', due: 'Friday' },
  { number: 1043, who: 'M. Okafor', what: '1 tea bowl, tenmoku', due: 'next week' },
]

/** What the product is for. The note shows that signing in again loses nothing. */
export function Orders() {
  const [note, setNote] = useState('')
  return (
    <>
      <h1>Orders in the kiln</h1>
      <table>
        <thead>
          <tr>
            <th scope="col">No.</th>
            <th scope="col">For</th>
            <th scope="col">What</th>
            <th scope="col">Due</th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr key={order.number}>
              <td>{order.number}</td>
              <td>{order.who}</td>
              <td>{order.what}</td>
              <td>{order.due}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label className="note">
        Note for the next firing
        <textarea value={note} onChange={(event) => setNote(event.target.value)} rows={4} />
      </label>
    </>
  )
}
