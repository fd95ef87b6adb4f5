/**
 * Whose password the form is about, for password managers: they store the new
 * one under this name. People read it above the form.
 */
export function UsernameForManagers({ email }: { email: string }) {
  return (
    <input
      type="email"
      name="email"
      autoComplete="username"
      readOnly
      value={email}
      tabIndex={-1}
      aria-hidden="true"
      className="sr-only"
    />
  )
}
