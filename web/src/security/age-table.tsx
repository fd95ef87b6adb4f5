import type { Format } from '@curfew/react'
import { Bdi } from '@curfew/react'
import { unturned } from '@curfew/react/internal'
import { deviceWords } from '../audit/details'
import type { AgedRow } from './age-timeline'
import { coarse } from './ages'
import { fateWords } from './fate'

interface AgeTableProps {
  rows: AgedRow[]
  format: Format
}

/** What the chart shows, in numbers. */
export function AgeTable({ rows, format }: AgeTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section className="ages-scroll" aria-label="Session ages" tabIndex={0}>
      <table className="ages-table">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Device</th>
            <th scope="col" className="ages-number">
              Signed in for
            </th>
            <th scope="col" className="ages-number">
              Idle for
            </th>
            <th scope="col">With these limits</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ session, age, idle, fate }) => (
            <tr key={session.id}>
              <th scope="row">
                <Bdi className="ages-name" title={unturned(session.user.name)}>
                  {session.user.name}
                </Bdi>
              </th>
              <td>
                <span className="ages-device">
                  {deviceWords(session.device.browser, session.device.os) || 'Not known'}
                </span>
              </td>
              <td className="ages-number">
                <time dateTime={session.started_at} title={format.exact(session.started_at)}>
                  {format.duration(coarse(age))}
                </time>
              </td>
              <td className="ages-number">
                <time dateTime={session.last_active_at} title={format.exact(session.last_active_at)}>
                  {format.duration(coarse(idle))}
                </time>
              </td>
              <td className={fate === 'stays' ? undefined : 'ages-fate-ends'}>{fateWords(fate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
