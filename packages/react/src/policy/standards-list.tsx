import { useFormat, useTexts } from '../context'
import { idleMost, type StandardVerdict, standardsOf } from '../standards'
import type { PolicyMinutes } from '../types'
import { CheckIcon, ChevronIcon, OverIcon } from '../ui/icons'

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
      <ul>
        {decided.map((standard) => (
          <Row key={standard.id} standard={standard} />
        ))}
      </ul>
      {open.length > 0 && (
        <p className="cf-hint">{texts.undecidable(format.list(open.map((v) => v.name)))}</p>
      )}
      <details>
        <summary>
          {texts.details} <ChevronIcon />
        </summary>
        <p>{texts.scope}</p>
        <dl>
          {verdicts.map(({ id, name, force, caveat }) => (
            <div key={id}>
              <dt>{name}</dt>
              <dd>
                {texts.force[force] ?? `${force}.`} {caveat}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  )
}

function Row({ standard }: { standard: StandardVerdict }) {
  const texts = useTexts().standards
  const format = useFormat()
  const within = standard.verdict === 'within'
  const idle = idleMost(standard)
  const absolute = standard.absolute_minutes_max
  const numbers = texts.numbers(
    idle === null ? null : format.duration(idle),
    absolute === null ? null : format.duration(absolute),
  )
  return (
    <li className="cf-standard">
      <span>{standard.name}</span>
      <span className="cf-hint">{numbers}</span>
      <span className={`cf-badge cf-badge-${standard.verdict}`}>
        {within ? <CheckIcon /> : <OverIcon />}
        {within ? texts.within : texts.over}
      </span>
    </li>
  )
}
