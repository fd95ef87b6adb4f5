import { Link } from '@tanstack/react-router'
import { Public } from '../layout/public'

/** There is nothing at this address. The server says 404 with it. */
export function NotFound() {
  return (
    <Public
      title="There is no page here"
      description="The address may have been mistyped, or the page has moved. Nothing is wrong with your account."
    >
      <Link to="/" className="cf-button cf-button-primary web-submit">
        Go to the start
      </Link>
    </Public>
  )
}
