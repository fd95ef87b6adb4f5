import { fieldErrors } from '../ui/words'

/**
 * The server's field errors with the fields' names as people read them:
 * "new_password must have …" becomes "The new password must have …".
 */
export function namedFieldErrors<Names extends Record<string, string>>(
  error: unknown,
  names: Names,
): { [Field in keyof Names]?: string } {
  const found = fieldErrors(error)
  const named: { [Field in keyof Names]?: string } = {}
  for (const [field, name] of Object.entries(names)) {
    const detail = found[field]
    if (!detail) continue
    named[field as keyof Names] =
      detail.slice(0, field.length).toLowerCase() === field ? name + detail.slice(field.length) : detail
  }
  return named
}
