import { useFormat, useTexts } from '../context'
import { idleMost, type StandardVerdict, standardsOf } from '../standards'
import type { PolicyMinutes } from '../types'
import { CheckIcon, OverIcon } from '../ui/icons'

/** How the limits stand to published timeouts: only what a number decides, and its caveats. */
export function StandardsList({ minutes }: { minutes: PolicyMinutes }) {
  const texts = useTexts().standards
  const format = useFormat()
  const verdicts = standardsOf(minutes)
  const decided = verdicts.filter((v) => v.verdict !== 'undecidable')
  const open = verdicts.filter((v) => v.verdict === 'undecidable')
  return (
    <div className="cf-standards">
      <h3>{texts.title}</h3>
      <ul className="cf-badges">
        {decided.map((standard) => (
          <li key={standard.id} className={`cf-badge cf-badge-${standard.verdict}`}>
            {standard.verdict === 'within' ? <CheckIcon /> : <OverIcon />}
            {standard.verdict === 'within' ? texts.within(standard.name) : texts.over(standard.name)}
          </li>
        ))}
      </ul>
      {open.length > 0 && (
        <p className="cf-hint">{texts.undecidable(format.list(open.map((v) => v.name)))}</p>
      )}
      <details>
        <summary>{texts.details}</summary>
        <p>{texts.scope}</p>
        <dl>
          {verdicts.map((standard) => (
            <div key={standard.id}>
              <dt>{standard.name}</dt>
              <dd>
                <Numbers standard={standard} /> {standard.caveat}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  )
}

function Numbers({ standard }: { standard: StandardVerdict }) {
  const texts = useTexts().standards
  const format = useFormat()
  const idle = idleMost(standard)
  const absolute = standard.absolute_minutes_max
  const numbers = [
    idle !== null && texts.idle(format.duration(idle)),
    absolute !== null && texts.absolute(format.duration(absolute)),
  ].filter((part) => typeof part === 'string')
  const force = texts.force[standard.force] ?? standard.force
  return (
    <span className="cf-numbers">
      {numbers.length > 0 ? numbers.join(', ') : texts.noNumber} ({force}).
    </span>
  )
}
