import { RevocationBoard, SignedOutBanner, useFormat, useSession } from '@curfew/react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useConfig } from '../layout/config'
import { Go } from '../layout/go'
import { landingPath } from '../layout/landing'
import { Public } from '../layout/public'
import { heldReceipt, holdReceipt } from '../layout/receipt'
import { Waiting } from '../layout/waiting'
import { LoginForm } from '../login/form'
import { Alert } from '../ui/alert'
import { errorWords } from '../ui/words'

const route = getRouteApi('/login')

/** The sign-in page. */
export function Login() {
  const { reason, return_to, note } = route.useSearch()
  const session = useSession()
  const config = useConfig()
  const again = reason === 'reauth'
  const [done, setDone] = useState(false)
  const late = useLate(1500)
  const receipt = heldReceipt()
  const signedIn = session.status === 'signed-in'
  useEffect(() => {
    if (signedIn) holdReceipt(null)
  }, [signedIn])

  if (session.status === 'signed-in' && (done || !again)) {
    if (again && !return_to) return <ReturnToWindow />
    return <Go to={return_to ?? landingPath(session.user)} title="Sign in" />
  }
  if (config.data?.setup_needed && config.data.signup_allowed) return <Go to="/setup" title="Set up Curfew" />
  // The form waits for what might replace it, but not for a slow server.
  const unsure = (session.status === 'loading' && !session.error) || config.isPending
  if (unsure && !late && !done) return <Waiting title="Sign in" />

  return (
    <Public
      title="Sign in"
      banner={
        session.status === 'loading' && session.error ? (
          <OutOfReach error={session.error} />
        ) : (
          <Banner reason={reason} note={note} />
        )
      }
      footer={
        <>
          {receipt ? (
            <div className="cf-card web-receipt">
              <RevocationBoard receipt={receipt} />
            </div>
          ) : null}
          <Below config={config.data} />
        </>
      }
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

/** Said before anybody types; the client keeps trying, and the note goes by itself. */
function OutOfReach({ error }: { error: unknown }) {
  const { title, detail } = errorWords(error)
  return (
    <Alert tone="warning" role="status" title={title} className="web-banner">
      {detail}
    </Alert>
  )
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
