import { signInReason, signInUrl } from '@curfew/client'
import { HeaderExpiryNote, SessionExpiryToast, Toasts, useSession } from '@curfew/react'
import { useEffect, useState } from 'react'
import { Bookings } from './bookings'
import { go, usePath } from './path'
import { type Me, signOut, useMe } from './session'
import { Settings } from './settings'
import { SignIn } from './sign-in'

/** Everything but the sign-in page needs somebody who is signed in. */
export function App() {
  const me = useMe()
  const path = usePath()
  const session = useSession()
  const reason = session.status === 'signed-out' ? session.reason : null
  useEffect(() => {
    if (me === null && path !== '/sign-in') go(signInUrl('/sign-in', signInReason(reason), path))
  }, [me, path, reason])

  if (path === '/sign-in') return <SignIn />
  if (!me) return null
  return (
    <div key={me.id}>
      <Band me={me} path={path} />
      <main>{path === '/settings' && me.role === 'owner' ? <Settings /> : <Bookings />}</main>
      <SessionExpiryToast signInUrl="/sign-in" />
      <Toasts />
    </div>
  )
}

function Band({ me, path }: { me: Me; path: string }) {
  const [failed, setFailed] = useState('')
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
    <header className="band">
      <p className="mark">Berth</p>
      <nav aria-label="Berth">
        {link('/', 'Bookings')}
        {me.role === 'owner' && link('/settings', 'Settings')}
      </nav>
      <p className="who">
        <bdi>{me.name}</bdi>, <bdi>{me.harbour}</bdi> <HeaderExpiryNote />
      </p>
      <button type="button" onClick={() => signOut().catch((error) => setFailed(error.message))}>
        Sign out
      </button>
      {failed && <p role="alert">{failed}</p>}
    </header>
  )
}
