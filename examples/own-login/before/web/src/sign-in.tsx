import { type FormEvent, useEffect, useState } from 'react'
import { go } from './path'
import { signIn, useMe } from './session'

/** The product's own sign-in page. */
export function SignIn() {
  const me = useMe()
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const query = new URLSearchParams(location.search)
  const asked = query.get('return_to') ?? ''
  // A path of this site, and no other address.
  const returnTo = /^\/[\w/-]*$/.test(asked) && !asked.startsWith('//') ? asked : '/'

  const done = !!me && !busy
  useEffect(() => {
    if (done) go(returnTo)
  }, [done, returnTo])

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setError('')
    try {
      await signIn(String(form.get('email')), String(form.get('password')))
      go(returnTo)
    } catch (cause) {
      setError((cause as Error).message)
      setBusy(false)
    }
  }

  return (
    <main className="door">
      <p className="mark">Berth</p>
      <h1>Come alongside</h1>
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
        <button type="submit" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}
