import type { AuthConfig } from '@curfew/client'
import { useSession } from '@curfew/react'
import { Link } from '@tanstack/react-router'
import { useConfig } from '../layout/config'
import { Go } from '../layout/go'
import { landingPath } from '../layout/landing'
import { Public } from '../layout/public'
import { Waiting } from '../layout/waiting'
import { SetupForm } from '../login/setup-form'
import { FailureNote } from '../ui/failure'

/** Makes an account and its owner: the first one of a server, or another where that is open. */
export function Setup() {
  const session = useSession()
  const config = useConfig()

  if (session.status === 'signed-in') return <Go to={landingPath(session.user)} title="Set up Curfew" />
  if (config.isPending) return <Waiting title="Set up Curfew" />
  if (config.isError) {
    return (
      <Public title="Set up Curfew">
        <FailureNote error={config.error} onRetry={() => config.refetch()} busy={config.isFetching} />
      </Public>
    )
  }
  if (!config.data.signup_allowed) return <Closed config={config.data} />

  const first = config.data.setup_needed
  return (
    <Public
      title={first ? 'Set up Curfew' : 'Create an account'}
      description={
        first
          ? 'Nobody has an account here yet. Make the first one: you become its owner, set how long sessions last, and invite the others.'
          : 'You become the owner of a new account, set how long its sessions last, and invite the others.'
      }
      footer={
        first ? null : (
          <p>
            You have an account?{' '}
            <Link to="/login" className="web-link">
              Sign in
            </Link>
          </p>
        )
      }
    >
      <SetupForm least={config.data.password_min} />
    </Public>
  )
}

function Closed({ config }: { config: AuthConfig }) {
  if (config.setup_needed) {
    return (
      <Public
        title="Set up Curfew"
        description="Nobody has an account here yet, and this server makes the first one on its command line only."
      >
        <p>Whoever runs it can make it with this command:</p>
        <pre className="web-command">
          <code>curfew user create --account NAME --role owner</code>
        </pre>
        <p>
          Then{' '}
          <Link to="/login" className="web-link">
            sign in
          </Link>
          .
        </p>
      </Public>
    )
  }
  return (
    <Public
      title="New accounts are made by invitation"
      description="This server is set up already. An owner of your account can send you a link to join it."
    >
      <Link to="/login" className="cf-button cf-button-primary web-submit">
        Sign in
      </Link>
    </Public>
  )
}
