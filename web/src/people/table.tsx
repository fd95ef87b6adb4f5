import type { User } from '@curfew/client'
import { Bdi } from '@curfew/react'
import { Ago, unturned } from '@curfew/react/internal'
import { Ellipsis } from 'lucide-react'
import type { ReactNode } from 'react'
import { Badge } from '../ui/badge'
import { Menu, MenuItem } from '../ui/menu'
import { type ActionKind, actions, actionsFor } from './actions'

/** What was chosen for whom. */
export interface Choice {
  user: User
  kind: ActionKind | 'reset'
}

interface TableProps {
  people: User[]
  /** The id of the one who looks. */
  me: string
  /** Whether people sign in with passwords that are kept here. */
  passwords: boolean
  onChoose: (choice: Choice) => void
}

// The style sheet makes cards of the rows on narrow screens, which takes a
// table's roles away in some browsers; these give them back.
const table = { role: 'table' } as const
const rowgroup = { role: 'rowgroup' } as const
const row = { role: 'row' } as const
const rowheader = { role: 'rowheader' } as const
const columnheader = { role: 'columnheader' } as const
const cell = { role: 'cell' } as const

/**
 * Everybody in the account, one line each. On narrow screens rows become small
 * cards; the roles keep it a table for those who listen.
 */
export function Table({ people, me, passwords, onChoose }: TableProps) {
  return (
    <table className="people-table" {...table} aria-label="People">
      <thead {...rowgroup}>
        <tr {...row}>
          <Head>Name</Head>
          <Head>Email</Head>
          <Head>Role</Head>
          <Head>Last sign-in</Head>
          <Head number>Sessions</Head>
          <Head>Status</Head>
          <Head>
            <span className="sr-only">Actions</span>
          </Head>
        </tr>
      </thead>
      <tbody {...rowgroup}>
        {people.map((user) => (
          <Person
            key={user.id}
            user={user}
            self={user.id === me}
            password={passwords && user.has_password}
            onChoose={onChoose}
          />
        ))}
      </tbody>
    </table>
  )
}

function Head({ number = false, children }: { number?: boolean; children: ReactNode }) {
  return (
    <th scope="col" {...columnheader} className={number ? 'people-number' : undefined}>
      {children}
    </th>
  )
}

interface PersonProps {
  user: User
  self: boolean
  /** Whether they have a password that may be reset. */
  password: boolean
  onChoose: (choice: Choice) => void
}

function Person({ user, self, password, onChoose }: PersonProps) {
  return (
    <tr {...row} className={user.disabled ? 'people-disabled' : undefined}>
      <th scope="row" {...rowheader} className={self ? 'people-name people-self' : 'people-name'}>
        <span className="people-cut" title={unturned(user.name)}>
          <Bdi>{user.name}</Bdi>
        </span>
        {self ? <span className="people-quiet"> (you)</span> : null}
      </th>
      <td {...cell} className="people-email">
        <span className="people-cut" title={unturned(user.email)}>
          <Bdi>{user.email}</Bdi>
        </span>
      </td>
      <td {...cell}>{user.role === 'owner' ? 'Owner' : 'Member'}</td>
      <td {...cell} data-before={user.last_login_at ? 'Signed in' : 'Signed in:'}>
        {user.last_login_at ? <Ago iso={user.last_login_at} /> : 'Never'}
      </td>
      <td {...cell} className="people-number" data-after={user.session_count === 1 ? 'session' : 'sessions'}>
        {user.session_count}
      </td>
      <td {...cell} className={user.disabled ? undefined : 'people-active'}>
        {user.disabled ? <Badge tone="warning">Disabled</Badge> : 'Active'}
      </td>
      <td {...cell} className="people-actions">
        <Actions user={user} self={self} password={password} onChoose={onChoose} />
      </td>
    </tr>
  )
}

function Actions({ user, self, password, onChoose }: PersonProps) {
  return (
    <Menu label={`Actions for ${unturned(user.name)}`} trigger={<Ellipsis aria-hidden="true" size={18} />}>
      {(close) => {
        const choose = (kind: Choice['kind']) => () => {
          close()
          onChoose({ user, kind })
        }
        return (
          <>
            {/* Their own password people change with the one they have. */}
            {user.disabled || self ? null : (
              <MenuItem disabled={!password} onSelect={choose('reset')}>
                {password ? 'Make a reset link' : 'No password to reset'}
              </MenuItem>
            )}
            {actionsFor(user).map((kind) => (
              <MenuItem key={kind} danger={actions[kind].grave} onSelect={choose(kind)}>
                {actions[kind].item}
              </MenuItem>
            ))}
          </>
        )
      }}
    </Menu>
  )
}
