import { useFormat } from '../context'
import { type StandardVerdict, standardsOf } from '../standards'
import type { PolicyMinutes } from '../types'
import { Icon } from '../ui/icons'
import { useFormTexts } from './words'

/** How the limits stand to published timeouts, and what the numbers leave out. */
export function StandardsList({ minutes }: { minutes: PolicyMinutes }) {
  const texts = useFormTexts().standards
  const format = useFormat()
  const verdicts = standardsOf(minutes)
  const unnumbered = verdicts.filter((v) => v.force === 'unnumbered')
  return (
    <div className="cf-standards">
      <h3>{texts.title}</h3>
      <ul>{verdicts.map((v) => v.force !== 'unnumbered' && <Row key={v.id} standard={v} />)}</ul>
      <p className="cf-hint">{texts.undecidable(format.list(unnumbered.map((v) => v.name)))}</p>
      <details>
        <summary>
          {texts.details} <Icon name="chevron" />
        </summary>
        <p>{texts.scope}</p>
        <dl>
          {verdicts.map(({ id, name, force, caveat }) => (
            <div key={id}>
              <dt>{name}</dt>
              <dd>
                {texts.force[force]} {texts.caveats[id] ?? caveat}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  )
}

function Row({ standard }: { standard: StandardVerdict }) {
  const texts = useFormTexts().standards
  const format = useFormat()
  const { verdict } = standard
  const most = (minutes: number | null) => (minutes === null ? null : format.duration(minutes))
  return (
    <li className="cf-standard">
      <span>{standard.name}</span>
      <span className="cf-hint">
        {texts.numbers(
          most(standard.idle_minutes_max),
          most(standard.absolute_minutes_max),
          most(standard.privileged_idle_minutes_max),
        )}
      </span>
      <span className={`cf-badge cf-badge-${verdict}`}>
        <Icon name={verdict} />
        {texts.verdicts[verdict]}
      </span>
    </li>
  )
}
