import { CurfewError, safeReturnTo } from '@curfew/client'
import { SignedOutBanner, useCurfew, useSession } from '@curfew/react'
import { type FormEvent, useEffect, useState } from 'react'
import { go } from './path'

/** The product's own sign-in page: its own form, Curfew's session. */
export function SignIn() {
  const client = useCurfew()
  const session = useSession()
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const query = new URLSearchParams(location.search)
  const again = query.get('reason') === 'reauth'
  const returnTo = safeReturnTo(query.get('return_to')) ?? '/'

  // Whoever is signed in needs no form, unless the session is about to end.
  const here = session.status === 'signed-in' && !again
  useEffect(() => {
    if (here) go(returnTo)
  }, [here, returnTo])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setError(null)
    try {
      await client.signIn({ email: String(form.get('email')), password: String(form.get('password')) })
      if (again && window.opener) window.close()
      else go(returnTo)
    } catch (cause) {
      setError(
        cause instanceof CurfewError && cause.problem
          ? cause.problem.detail
          : 'The sign-in service does not answer. Try again.',
      )
      setBusy(false)
    }
  }

  return (
    <main className="door">
      <p className="mark">Kiln</p>
      <h1>Back to the wheel</h1>
      <SignedOutBanner />
      <form onSubmit={submit}>
        <label>
          Email
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {error && <p role="alert">{error}</p>}
        <button type="submit" className="full" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}
