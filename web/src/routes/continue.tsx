import { signInReason } from '@curfew/client'
import { useCurfew, useSession } from '@curfew/react'
import { getRouteApi, Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { forgetGoingOn, isBackAlready, noteGoingOn } from '../layout/circle'
import { Public } from '../layout/public'
import { Unreachable } from '../layout/unreachable'
import { Waiting } from '../layout/waiting'
import { Alert } from '../ui/alert'
import { Button, buttonClass } from '../ui/button'
import { FailureNote } from '../ui/failure'

const route = getRouteApi('/continue')

/**
 * Where a proxy sends a page load that nobody vouched for: continues the
 * session, which renews the cookie that the proxy looks at, and goes on; or
 * leads to the sign-in page. It never goes in a circle.
 */
export function Continue() {
  const client = useCurfew()
  const session = useSession()
  const to = useGoal()
  if (session.status === 'loading') {
    return session.error ? (
      <Unreachable error={session.error} onRetry={() => client.check()} />
    ) : (
      <Waiting title="One moment" />
    )
  }
  if (session.status === 'signed-out') return <ToSignIn reason={session.reason} to={to} />
  return <GoOn to={to} />
}

/**
 * Where to go on, as it was at first: on the way to the sign-in page the address
 * is another one. A redirect keeps the fragment of what was asked for.
 */
function useGoal(): string {
  const { return_to = '/' } = route.useSearch()
  const { hash } = useLocation()
  const [goal] = useState(hash && !return_to.includes('#') ? `${return_to}#${hash}` : return_to)
  return goal
}

function ToSignIn({ reason, to }: { reason: string | null; to: string }) {
  const navigate = useNavigate()
  useEffect(() => {
    const search = { reason: signInReason(reason) ?? undefined, return_to: to }
    void navigate({ to: '/login', search, hash: '', replace: true })
  }, [navigate, reason, to])
  return <Waiting title="One moment" />
}

function GoOn({ to }: { to: string }) {
  const client = useCurfew()
  // Asked once: later it was this very page that went on.
  const [back, setBack] = useState(isBackAlready)
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const go = useCallback(
    async (asked: boolean) => {
      setBusy(true)
      try {
        await client.staySignedIn()
        // Which asks for nothing where the server has heard of this person within
        // a second: the cookie comes with an access token.
        await client.refresh()
        // Ended meanwhile: the next drawing leads to the sign-in page.
        if (client.session.get().status !== 'signed-in') return
        // Without a memory nobody could tell a circle: a person has to ask.
        if (!noteGoingOn() && !asked) setBack(true)
        else window.location.replace(to) // a load, whoever's page it is: the proxy decides
      } catch (error) {
        setFailure(error)
      } finally {
        setBusy(false)
      }
    },
    [client, to],
  )
  useEffect(() => {
    if (!back) void go(false)
  }, [back, go])

  const again = () => {
    forgetGoingOn()
    setFailure(null)
    void go(true)
  }
  if (failure) {
    return (
      <Public title="Waiting for the server">
        <FailureNote error={failure} onRetry={again} busy={busy} />
      </Public>
    )
  }
  if (back) return <NotLetIn busy={busy} onRetry={again} />
  return <Waiting title="One moment" />
}

/** Signed in, and sent back all the same: the browser's doing, or the proxy's. */
function NotLetIn({ busy, onRetry }: { busy: boolean; onRetry: () => void }) {
  return (
    <Public title="The page did not open">
      <Alert
        tone="warning"
        role="status"
        title="You are signed in, and were sent back here all the same"
        actions={
          <>
            <Button variant="primary" busy={busy} onClick={onRetry}>
              {busy ? 'Trying again…' : 'Try again'}
            </Button>
            <Link className={buttonClass('quiet')} to="/account">
              Your account
            </Link>
          </>
        }
      >
        Your browser may be refusing cookies for this site. If it is not, tell whoever runs this site: its
        proxy does not recognise the sign-in.
      </Alert>
    </Public>
  )
}
