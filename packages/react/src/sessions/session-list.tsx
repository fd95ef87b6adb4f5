import { useId } from 'react'
import { useCurfew, useTexts } from '../context'
import type { SessionItem } from '../types'
import { isolate } from '../ui/bdi'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Loaded } from '../ui/loaded'
import { useToast } from '../use-toast'
import { EndButton } from './end-button'
import { SessionRow } from './session-row'
import type { Pages } from './use-pages'

interface SessionListProps {
  pages: Pages
  label: string
  /** Said when it cannot be loaded. */
  failed: string
  rows: number
  className?: string
  /** Whose sessions they are, where they are not the caller's. */
  of?: string
  end: (id: string) => Promise<unknown>
  onEnded: () => void
}

/** Sessions with the button that ends each, and the one for more of them. */
export function SessionList({
  pages,
  label,
  failed,
  rows,
  className,
  of = '',
  end,
  onEnded,
}: SessionListProps) {
  const client = useCurfew()
  const texts = useTexts()
  const toast = useToast()
  const id = useId()
  const words = texts.session
  const device = ({ device: { browser, os } }: SessionItem) =>
    words.device(browser, os) || words.unknownDevice

  const run = async (session: SessionItem) => {
    // The caller's own is signed out, like by the page's own button.
    if (session.current) return client.signOut()
    await end(session.id)
    pages.drop(session.id)
    toast(words.ended(isolate(device(session)), of), { tone: 'success' })
    onEnded()
  }
  return (
    <Loaded from={pages} failed={failed} rows={rows} className={className}>
      {({ items, next_cursor }) => (
        <>
          <ul className="cf-session-list" id={id} aria-label={label}>
            {items.map((session) => (
              <SessionRow key={session.id} session={session} device={device(session)}>
                <EndButton
                  label={session.current ? words.signOut : words.end}
                  name={session.current ? undefined : words.endOn(isolate(device(session)), of)}
                  end={() => run(session)}
                />
              </SessionRow>
            ))}
          </ul>
          {pages.more.error !== null && <Failure error={pages.more.error} />}
          {next_cursor && (
            <Button look="quiet" off={pages.more.busy} onClick={pages.more.run} aria-controls={id}>
              {pages.more.busy ? texts.common.loading : texts.common.showMore}
            </Button>
          )}
        </>
      )}
    </Loaded>
  )
}
