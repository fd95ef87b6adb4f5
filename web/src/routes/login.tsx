import { SignedOutBanner, useFormat, useSession } from '@curfew/react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Navigate, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { configQuery } from '../layout/config'
import { goTo, landingPath } from '../layout/landing'
import { Public } from '../layout/public'
import { Waiting } from '../layout/waiting'
import { LoginForm } from '../login/form'
import { Alert } from '../ui/alert'

const route = getRouteApi('/login')

/** The sign-in page. */
export function Login() {
  const { reason, return_to, note } = route.useSearch()
  const session = useSession()
  const config = useQuery(configQuery)
  const again = reason === 'reauth'
  const [done, setDone] = useState(false)
  const late = useLate(1500)

  if (session.status === 'signed-in' && (done || !again)) {
    if (again && !return_to) return <ReturnToWindow />
    return <Arrive path={return_to ?? landingPath(session.user)} />
  }
  if (config.data?.setup_needed && config.data.signup_allowed) return <Navigate to="/setup" replace />
  // The form waits for what might replace it, but not for a slow server.
  const unsure = (session.status === 'loading' && !session.error) || config.isPending
  if (unsure && !late && !done) return <Waiting title="Sign in" />

  return (
    <Public
      title="Sign in"
      banner={<Banner reason={reason} note={note} />}
      footer={<Below config={config.data} />}
    >
      <LoginForm
        email={session.status === 'signed-in' ? session.user.email : ''}
        focus={!reason && !note}
        onDone={() => setDone(true)}
      />
    </Public>
  )
}

function Banner({ reason, note }: { reason?: string; note?: 'password_set' }) {
  if (note === 'password_set') {
    return (
      <Alert tone="success" role="status" title="Your new password is set" className="web-banner">
        Every session of yours has been ended. Sign in with the new password.
      </Alert>
    )
  }
  return <SignedOutBanner reason={reason ?? null} className="web-banner" />
}

function Below({ config }: { config?: { mail_enabled?: boolean; idle_minutes_default: number } }) {
  const format = useFormat()
  if (!config) return null
  return (
    <>
      {config.mail_enabled ? (
        <p>
          <Link to="/forgot" className="web-link">
            Forgot your password?
          </Link>
        </p>
      ) : (
        <p>Forgot your password? An owner of your account can make you a link to set a new one.</p>
      )}
      <p>
        You stay signed in for up to {format.duration(config.idle_minutes_default)} without activity, unless
        your account’s owners have set another limit.
      </p>
    </>
  )
}

/** Goes on to where the person wanted to be. */
function Arrive({ path }: { path: string }) {
  const router = useRouter()
  useEffect(() => goTo(router, path), [router, path])
  return <Waiting title="Sign in" />
}

/**
 * Signed in anew in a window of its own: the page that opened it has heard of
 * it and goes on, so this window closes, if the browser lets it.
 */
function ReturnToWindow() {
  useEffect(() => window.close(), [])
  return (
    <Public title="You are signed in" description="You can close this window and go on where you were.">
      <Link to="/" className="web-link">
        Open your account here instead
      </Link>
    </Public>
  )
}

/** Whether so many milliseconds have passed. */
function useLate(ms: number): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}
