import { signInReason, signInUrl } from '@curfew/client'
import { Bdi, HeaderExpiryNote, SessionExpiryToast, Toasts, useCurfew, useSession } from '@curfew/react'
import { useEffect, useState } from 'react'
import { Orders } from './orders'
import { go, usePath } from './path'
import { Settings } from './settings'
import { SignIn } from './sign-in'

/** Everything but the sign-in page needs somebody who is signed in. */
export function App() {
  const session = useSession()
  const path = usePath()
  const gone = session.status === 'signed-out' && path !== '/sign-in'
  const reason = session.status === 'signed-out' ? session.reason : null
  useEffect(() => {
    if (gone) go(signInUrl('/sign-in', signInReason(reason), location.pathname))
  }, [gone, reason])

  if (path === '/sign-in') return <SignIn />
  if (session.status !== 'signed-in') {
    return (
      <p className="waiting" role="status">
        {session.status === 'loading' && session.error
          ? 'The sign-in service does not answer. Trying again…'
          : ''}
      </p>
    )
  }
  return (
    <div className="kiln">
      <Sidebar
        account={session.account.name}
        person={session.user.name}
        owner={session.user.role === 'owner'}
        path={path}
      />
      <main>{path === '/settings' ? <Settings owner={session.user.role === 'owner'} /> : <Orders />}</main>
      <Toasts />
      <SessionExpiryToast signInUrl="/sign-in" />
    </div>
  )
}

interface SidebarProps {
  account: string
  person: string
  owner: boolean
  path: string
}

function Sidebar({ account, person, owner, path }: SidebarProps) {
  const client = useCurfew()
  const [failed, setFailed] = useState(false)
  const link = (to: string, label: string) => (
    <a
      href={to}
      aria-current={path === to ? 'page' : undefined}
      onClick={(event) => {
        event.preventDefault()
        go(to)
      }}
    >
      {label}
    </a>
  )
  return (
    <nav aria-label="Kiln">
      <p className="mark">Kiln</p>
      <p className="studio">
        <Bdi>{account}</Bdi>
      </p>
      <div className="links">
        {link('/', 'Orders')}
        {link('/settings', owner ? 'Settings and security' : 'Settings')}
      </div>
      <p className="person">
        <Bdi>{person}</Bdi>
        <HeaderExpiryNote className="end" />
      </p>
      <button type="button" className="quiet" onClick={() => client.signOut().catch(() => setFailed(true))}>
        Sign out
      </button>
      {failed && <p role="alert">You are still signed in: the service did not answer. Try again.</p>}
    </nav>
  )
}
