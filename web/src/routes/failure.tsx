import type { ErrorComponentProps } from '@tanstack/react-router'
import { Public } from '../layout/public'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'

/** The page itself broke, or a part of it could not be loaded. */
export function Failure({ error }: ErrorComponentProps) {
  return (
    <Public title="This page stopped working">
      <Alert tone="danger" role="alert">
        {isLoading(error)
          ? 'A part of the page could not be loaded. The server may have been updated meanwhile, or the connection broke.'
          : 'Something went wrong while showing it. What you had saved is safe.'}{' '}
        Reload the page to go on.
      </Alert>
      <Button variant="primary" className="web-submit" onClick={() => window.location.reload()}>
        Reload the page
      </Button>
    </Public>
  )
}

/** Browsers word it each in their own way. */
function isLoading(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /import(ing|ed)?.*module|module script|preload/i.test(message)
}
