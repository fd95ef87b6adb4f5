import { signInReason } from '@curfew/client'
import { personKey, SessionExpiryToast, Toasts, useCurfew, useSession } from '@curfew/react'
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Skeleton } from '../ui/skeleton'
import { BackLink } from './back-link'
import { Header } from './header'
import { leave, leftOnPurpose } from './leave'
import { Mark } from './mark'
import { OfflineNote } from './offline-note'
import { SignOutFailed, useSignOut } from './sign-out'
import { Unreachable } from './unreachable'
import { useAppMark } from './use-app-mark'

/** The pages of somebody who is signed in; everybody else goes to sign in. */
export function SignedIn() {
  const client = useCurfew()
  const session = useSession()
  if (session.status === 'loading') {
    return session.error ? (
      <Unreachable error={session.error} onRetry={() => client.check()} />
    ) : (
      <GateWaiting />
    )
  }
  if (session.status === 'signed-out') return <ToSignIn reason={session.reason} />
  // Another person starts with nothing of the one before.
  return <Frame key={personKey(session)} />
}

function Frame() {
  const signOut = useSignOut()
  useEffect(() => leave(false), [])
  useAppMark()
  return (
    <div className="web-app">
      <Header onSignOut={signOut.run} signingOut={signOut.busy} />
      <OfflineNote />
      <BackLink />
      <main id="main" tabIndex={-1} className="web-main">
        {signOut.error ? (
          <SignOutFailed
            error={signOut.error}
            busy={signOut.busy}
            onRetry={signOut.run}
            onClose={signOut.dismiss}
          />
        ) : null}
        <Outlet />
      </main>
      <SessionExpiryToast signInUrl="/login" />
      <Toasts />
    </div>
  )
}

/**
 * Goes to the sign-in page with the reason and the way back. The session may
 * also end while the sign-in page is on its way already, because a page sent
 * there first: then there is nothing left to do, and nothing to come back to.
 */
function ToSignIn({ reason }: { reason: string | null }) {
  const navigate = useNavigate()
  const { href, pathname } = useLocation()
  // The address that was asked for; on the way there it is another one.
  const [from] = useState(pathname === '/login' ? null : href)
  useEffect(() => {
    if (from === null) return
    const search = leftOnPurpose() ? {} : { reason: signInReason(reason) ?? undefined, return_to: from }
    void navigate({ to: '/login', search, replace: true })
  }, [navigate, reason, from])
  return <GateWaiting />
}

/** The frame without anybody's name, while it is not known who is signed in. */
function GateWaiting() {
  useAppMark()
  return (
    <div className="web-app">
      <header className="web-header">
        <div className="web-header-row">
          <Mark />
        </div>
      </header>
      <main id="main" tabIndex={-1} className="web-main">
        <div className="web-page web-page-settings">
          <Skeleton lines={6} height={480} />
        </div>
      </main>
    </div>
  )
}
