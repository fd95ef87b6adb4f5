import { unturned } from '@curfew/react/internal'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { namesQuery } from '../queries/people'
import { type AuditSearch, dayOf, dayText } from '../search/audit'
import { Button } from '../ui/button'
import { classes } from '../ui/classes'
import { Field, Select, TextInput } from '../ui/field'
import { actionLabel, actions, groups } from './actions'

interface FiltersProps {
  search: AuditSearch
  onChange: (search: AuditSearch) => void
  /** Said under the last day when it comes before the first. */
  wrongOrder: boolean
}

/** The audit log's filters. Each change takes effect at once, in the address. */
export function Filters({ search, onChange, wrongOrder }: FiltersProps) {
  const set = (name: keyof AuditSearch, value: string) => {
    const { [name]: _, ...rest } = search
    onChange(value ? { ...rest, [name]: value } : rest)
  }
  const first = useRef<HTMLSelectElement>(null)
  const clear = () => {
    onChange({})
    // The button goes, and would take the focus with it.
    first.current?.focus()
  }
  const any = Object.keys(search).length > 0
  return (
    <search className={classes('audit-filters', any && 'audit-filters-set')} aria-label="Filters">
      <Field label="What happened">
        {(ids) => (
          <Select
            {...ids}
            ref={first}
            value={search.action ?? ''}
            onChange={(e) => set('action', e.target.value)}
          >
            <option value="">Anything</option>
            <Unlisted
              value={search.action}
              listed={(value) => Object.hasOwn(actions, value)}
              words={actionLabel}
            />
            {groups.map((group) => (
              <optgroup key={group} label={group}>
                {Object.entries(actions)
                  .filter(([, action]) => action.group === group)
                  .map(([name, action]) => (
                    <option key={name} value={name}>
                      {action.label}
                    </option>
                  ))}
              </optgroup>
            ))}
          </Select>
        )}
      </Field>
      <Who value={search.actor} onChange={(value) => set('actor', value)} />
      <DayField label="From" value={search.from} onChange={(value) => set('from', value)} />
      <DayField
        label="To"
        value={search.to}
        onChange={(value) => set('to', value)}
        error={wrongOrder ? 'This day comes before the first one.' : undefined}
      />
      {any ? (
        <Button className="audit-clear" variant="quiet" onClick={clear}>
          Clear filters
        </Button>
      ) : null}
    </search>
  )
}

function Who({ value, onChange }: { value: string | undefined; onChange: (value: string) => void }) {
  const names = useQuery(namesQuery)
  const people = names.data?.people ?? []
  return (
    <Field label="Who did it">
      {(ids) => (
        <Select {...ids} value={value ?? ''} onChange={(e) => onChange(e.target.value)}>
          <option value="">Anybody</option>
          <Unlisted
            value={value}
            listed={(id) => people.some((person) => person.id === id)}
            words={(id) => (names.isPending ? 'Loading…' : `Somebody else (${id.slice(-6)})`)}
          />
          {people.map((person) => (
            <option key={person.id} value={person.id}>
              {unturned(person.name)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

interface UnlistedProps {
  value: string | undefined
  listed: (value: string) => boolean
  words: (value: string) => string
}

/** The choice that an address names and the list does not have. */
function Unlisted({ value, listed, words }: UnlistedProps) {
  if (!value || listed(value)) return null
  return <option value={value}>{words(value)}</option>
}

interface DayFieldProps {
  label: string
  value: string | undefined
  error?: string
  onChange: (value: string) => void
}

/**
 * A day. What is typed is taken up when it is a whole day that can be meant: a
 * year typed digit by digit begins as the year 2.
 */
function DayField({ label, value, error, onChange }: DayFieldProps) {
  const known = value && dayOf(value) ? value : ''
  const [typed, setTyped] = useState(known)
  useEffect(() => setTyped(known), [known])
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <TextInput
          {...ids}
          type="date"
          min="2000-01-01"
          max={dayText(new Date(Date.now() + 86_400_000))}
          value={typed}
          onChange={({ target }) => {
            setTyped(target.value)
            if (target.value === '' && !target.validity.badInput) onChange('')
            if (target.value >= '2000-01-01') onChange(target.value)
          }}
        />
      )}
    </Field>
  )
}
