import { Link } from '@tanstack/react-router'
import { Public } from '../layout/public'

/** What a link that cannot be used says instead of the page it was for. */
export function LinkNote({ title, description }: { title: string; description: string }) {
  return (
    <Public title={title} description={description}>
      <Link to="/login" className="cf-button cf-button-secondary web-submit">
        Go to sign-in
      </Link>
    </Public>
  )
}
