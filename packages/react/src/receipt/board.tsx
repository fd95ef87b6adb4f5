import type { Receipt, ReceiptKey } from '@curfew/client'
import { useEffect, useId, useState } from 'react'
import { useCurfew, useFormat, useTexts } from '../context'
import { errorText } from '../error-text'
import { Bdi } from '../ui/bdi'
import { Icon } from '../ui/icons'
import { Notice } from '../ui/notice'
import { Skeleton } from '../ui/skeleton'
import { useReceipt } from './use-receipt'
import { type BoardTexts, boardWords } from './words'

/** More apps than this are counted rather than named. */
const named = 12

type Verifier = Receipt['verifiers'][number]

/** Who has heard that sessions were ended, live. */
export function Board({ receipt }: { receipt: ReceiptKey }) {
  const texts = useTexts()
  const words = { ...boardWords, ...texts.board }
  const { data, error, gone } = useReceipt(receipt)
  const id = useId()
  const now = useSeconds(data !== null && data.state !== 'everywhere' && !gone)
  const everywhere = data?.state === 'everywhere'
  const failed = error !== null && `${data ? words.stale : words.loadFailed} ${errorText(error, texts)}`
  return (
    <section className="cf-board" aria-labelledby={id} aria-busy={(!data && !error && !gone) || undefined}>
      <header className="cf-board-header">
        <span className={everywhere ? 'cf-board-icon cf-board-done' : 'cf-board-icon'}>
          <Icon name={everywhere ? 'success' : 'clock'} />
        </span>
        <div className="cf-board-heading">
          {/* The one thing that is read out: that it is over, not each app. */}
          <h3 id={id}>
            <span role="status">{everywhere ? words.everywhere : words.here}</span>
          </h3>
          {data && <Summary data={data} words={words} />}
        </div>
        {data && !everywhere && !gone && (
          <p className="cf-board-left">{words.left(left(data.worst_case_at, now))}</p>
        )}
      </header>
      {data && data.verifiers.length > 0 && (
        <Apps verifiers={data.verifiers} everywhere={everywhere} now={now} words={words} />
      )}
      {!data && !error && !gone && <Skeleton rows={2} />}
      {failed && (
        <Notice tone="warning" role="status">
          <p>{failed}</p>
        </Notice>
      )}
      {gone && <p className="cf-hint">{words.gone}</p>}
    </section>
  )
}

function Summary({ data, words }: { data: Receipt; words: BoardTexts }) {
  const format = useFormat()
  const { verifiers, p50_ms: p50, max_ms: max } = data
  const heard = verifiers.filter((v) => v.state === 'acknowledged').length
  const everywhere = data.state === 'everywhere'
  const all = verifiers.length > 0 && heard === verifiers.length
  return (
    <p className="cf-hint">
      {words.ended(data.revoked_count, format.clock(data.acknowledged_at))}{' '}
      {verifiers.length === 0
        ? !everywhere && words.noApps
        : all
          ? words.allFollowed(heard)
          : words.followed(heard, verifiers.length)}{' '}
      {everywhere && !all && data.revoked_count > 0 && words.expired}
      {everywhere &&
        all &&
        heard > 1 &&
        p50 !== null &&
        max !== null &&
        words.took(words.milliseconds(p50), words.milliseconds(max))}
    </p>
  )
}

const order = { silent: 0, lagging: 1, acknowledged: 2 }

interface AppsProps {
  verifiers: Verifier[]
  everywhere: boolean
  now: number
  words: BoardTexts
}

/** Each app by name, those that are waited for first. */
function Apps({ verifiers, everywhere, now, words }: AppsProps) {
  const sorted = [...verifiers].sort((a, b) => order[a.state] - order[b.state])
  const shown = sorted.slice(0, named)
  return (
    <>
      <ul className="cf-board-apps" aria-label={words.apps}>
        {shown.map((verifier, i) => (
          // Names may repeat: each process of an app reports for itself.
          // biome-ignore lint/suspicious/noArrayIndexKey: there is nothing else to tell them apart by
          <li key={`${verifier.name} ${i}`} className={`cf-board-app cf-board-${verifier.state}`}>
            <Icon
              name={
                verifier.state === 'acknowledged'
                  ? 'within'
                  : verifier.state === 'lagging'
                    ? 'clock'
                    : 'warning'
              }
            />
            <Bdi className="cf-board-name">{verifier.name}</Bdi>
            <span className="cf-board-says">
              <Says verifier={verifier} everywhere={everywhere} now={now} words={words} />
            </span>
          </li>
        ))}
      </ul>
      {sorted.length > named && <p className="cf-hint">{words.more(sorted.length - named)}</p>}
    </>
  )
}

function Says({ verifier, everywhere, now, words }: Omit<AppsProps, 'verifiers'> & { verifier: Verifier }) {
  const format = useFormat()
  const { state, milliseconds, last_heard_at, accepts_until } = verifier
  if (state === 'acknowledged') return words.confirmed(words.milliseconds(milliseconds ?? 0))
  const what = state === 'lagging' ? words.lagging : words.silent(format.clock(last_heard_at))
  if (everywhere || !accepts_until) return what
  const over = Date.parse(accepts_until) <= now
  return `${what}, ${over ? words.refuses : words.accepts(left(accepts_until, now))}`
}

/** "5:12" until a moment. */
function left(iso: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(iso) - now) / 1000))
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`
}

/** The server's time, told every second while it matters. */
function useSeconds(on: boolean): number {
  const client = useCurfew()
  const [, tick] = useState(0)
  useEffect(() => {
    if (!on) return
    const timer = setInterval(() => tick((n) => n + 1), 1000)
    return () => clearInterval(timer)
  }, [on])
  return client.serverNow()
}
