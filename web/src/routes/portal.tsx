import { CurfewError, type PortalResponse } from '@curfew/client'
import { useCurfew, useSession } from '@curfew/react'
import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { noteBack } from '../layout/back'
import { Go } from '../layout/go'
import { Public } from '../layout/public'
import { Waiting } from '../layout/waiting'
import { useLinkToken } from '../login/link-token'
import { Button, buttonClass } from '../ui/button'
import { Email } from '../ui/email'
import { FailureNote } from '../ui/failure'

/** Where a link from the product comes in: signs its person in, once, and goes on. */
export function Portal() {
  const client = useCurfew()
  const code = useLinkToken('code')
  const [opened, setOpened] = useState<PortalResponse | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const asked = useRef<string | null>(null)

  const open = useCallback(
    async (replace: boolean) => {
      if (code === null) return
      setBusy(true)
      try {
        const answer = await client.openPortal({ code, replace })
        noteBack(answer.session.id, answer.return_url)
        setOpened(answer)
      } catch (error) {
        setFailure(error)
      } finally {
        setBusy(false)
      }
    },
    [client, code],
  )
  useEffect(() => {
    if (code === null || asked.current === code) return // a code is good for one time
    asked.current = code
    setFailure(null)
    void open(false)
  }, [code, open])

  if (opened) return <Go to={pathOf(opened.page)} title="One moment" />
  if (code === null) {
    return (
      <LinkOver
        title="Open the link from your product"
        description="This page needs the whole link that your product opens. Go back there and open it again."
      />
    )
  }
  const type = failure instanceof CurfewError ? failure.type : ''
  if (type === 'other-session') return <SomebodyElse busy={busy} onReplace={() => open(true)} />
  if (type === 'link-invalid') {
    return (
      <LinkOver
        title="This link does not work any more"
        description="It works once, within a minute. Go back to where you came from and open it again."
      />
    )
  }
  if (failure) {
    return (
      <Public title="Waiting for the server">
        <FailureNote error={failure} onRetry={() => open(false)} busy={busy} />
      </Public>
    )
  }
  return <Waiting title="One moment" />
}

function pathOf(page: PortalResponse['page']): string {
  return page === 'account' ? '/account' : `/account/${page}`
}

/**
 * A link that cannot be used. Who comes from a product has its sign-in, and
 * nothing to type on the sign-in page here.
 */
function LinkOver({ title, description }: { title: string; description: string }) {
  const { status } = useSession()
  return (
    <Public title={title} description={description}>
      {status === 'signed-in' ? (
        <Link className={buttonClass('secondary', 'web-submit')} to="/account">
          Go to your account
        </Link>
      ) : null}
    </Public>
  )
}

/** Nobody is signed out of a browser unasked. */
function SomebodyElse({ busy, onReplace }: { busy: boolean; onReplace: () => void }) {
  const session = useSession()
  return (
    <Public
      title="You are signed in as somebody else"
      description={
        <>
          The link is for another person. In this browser{' '}
          {session.status === 'signed-in' ? <Email value={session.user.email} /> : 'somebody'} is signed in.
          Going on signs them out here.
        </>
      }
    >
      <div className="web-choices">
        <Button variant="primary" busy={busy} onClick={onReplace}>
          {busy ? 'Going on…' : 'Sign out and go on'}
        </Button>
        <Link className={buttonClass('secondary')} to="/account">
          Stay signed in
        </Link>
      </div>
    </Public>
  )
}
