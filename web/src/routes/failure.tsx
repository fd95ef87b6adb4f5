import { CodeMissing, useOnline } from '@curfew/react/internal'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Public } from '../layout/public'
import { Alert } from '../ui/alert'
import { Button } from '../ui/button'

/** The page itself broke, or a part of it could not be loaded. */
export function Failure({ error }: ErrorComponentProps) {
  if (error instanceof CodeMissing) return <NotYetHere />
  return (
    <Public title="This page stopped working">
      <Alert tone="danger" role="alert">
        {isLoading(error)
          ? 'A part of the page could not be loaded. The server may have been updated meanwhile, or the connection broke.'
          : 'Something went wrong while showing it. What you had saved is safe.'}{' '}
        Reload the page to go on.
      </Alert>
      <Reload />
    </Public>
  )
}

/** A page that was asked for without a network; it comes when there is one. */
function NotYetHere() {
  const online = useOnline()
  useEffect(() => {
    if (online) window.location.reload()
  }, [online])
  return (
    <Public title="You are offline">
      <Alert tone="warning" role="alert">
        This page has not been opened before and could not be loaded. It opens when you are online again.
      </Alert>
    </Public>
  )
}

function Reload() {
  return (
    <Button variant="primary" className="web-submit" onClick={() => window.location.reload()}>
      Reload the page
    </Button>
  )
}

/** Browsers word it each in their own way. */
function isLoading(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /import(ing|ed)?.*module|module script|preload/i.test(message)
}
