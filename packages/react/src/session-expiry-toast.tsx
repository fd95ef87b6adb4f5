import { useRef } from 'react'
import { useCurfew, useFormat, useTexts } from './context'
import { errorText } from './error-text'
import { useClearOfFocus } from './expiry/use-clear-of-focus'
import { useDocumentTitle } from './expiry/use-document-title'
import { useSignIn } from './expiry/use-sign-in'
import { useStaySignedIn } from './expiry/use-stay-signed-in'
import { useWarningMark } from './expiry/use-warning-mark'
import type { Tone } from './toast-store'
import { Button } from './ui/button'
import { cx } from './ui/class-names'
import { DismissButton } from './ui/dismiss-button'
import { Icon } from './ui/icons'
import { ToastRegion } from './ui/toast-region'
import { useSessionExpiry } from './use-session'

/** What `SessionExpiryToast` takes. */
export interface SessionExpiryToastProps {
  /** The sign-in page; `?reason=reauth` is added. `/login` by default. */
  signInUrl?: string
  /** Called instead of opening the sign-in page. */
  onSignIn?: () => void
  className?: string
}

/**
 * Warns before a session ends. Amber while being active can extend it, cyan
 * when only signing in again can. It takes no focus, stays until it is
 * dismissed or no longer true, and shows once for a deadline. Mount it once,
 * on pages of signed-in people.
 */
export function SessionExpiryToast({ signInUrl = '/login', onSignIn, className }: SessionExpiryToastProps) {
  const client = useCurfew()
  const texts = useTexts()
  const words = useExpiryWords()
  const stay = useStaySignedIn()
  const signIn = useSignIn(signInUrl, onSignIn)
  const region = useRef<HTMLElement>(null)
  const open = words !== null
  useDocumentTitle()
  const side = useClearOfFocus(region, open)
  useWarningMark(open && side === 'bottom')

  return (
    <ToastRegion
      ref={region}
      className={cx('cf-expiry', className)}
      label={texts.expiry.region}
      open={open}
      shown={words?.action}
      side={side}
    >
      <div className={open ? cx('cf-toast', 'cf-expiry-toast', `cf-${words.tone}`) : undefined}>
        {open && <Icon name={words.tone === 'danger' ? 'danger' : 'clock'} />}
        <div
          className="cf-toast-text"
          role={words?.tone === 'danger' ? 'alert' : 'status'}
          aria-atomic="true"
        >
          {open ? (
            <>
              <strong>{words.title}</strong>
              <p>{signIn.blocked ? texts.expiry.blocked : words.body}</p>
            </>
          ) : (
            stay.done && <span className="cf-sr-only">{texts.expiry.stayed}</span>
          )}
        </div>
        {open && <DismissButton onClick={() => client.dismissWarning()} />}
        {words?.action === 'stay' && (
          <div className="cf-actions">
            <Button off={stay.busy} onClick={stay.run}>
              {stay.busy
                ? texts.expiry.staying
                : words.tone === 'danger'
                  ? texts.common.tryAgain
                  : texts.expiry.stay}
            </Button>
          </div>
        )}
        {words?.action === 'sign-in' && (
          <div className="cf-actions">
            {signIn.blocked ? (
              <a
                className="cf-button cf-button-secondary"
                href={signIn.href}
                target="_blank"
                rel="noopener opener"
              >
                {texts.expiry.signInLink}
              </a>
            ) : (
              <Button onClick={signIn.run}>{texts.expiry.signIn}</Button>
            )}
          </div>
        )}
      </div>
    </ToastRegion>
  )
}

interface ExpiryWords {
  tone: Tone
  title: string
  body: string
  action: 'stay' | 'sign-in' | 'none'
}

/** What the toast says now; null while it says nothing. */
function useExpiryWords(): ExpiryWords | null {
  const texts = useTexts()
  const format = useFormat()
  const { warning, reason, dismissed, failed, localDeadline } = useSessionExpiry()
  if (warning === 'none' || dismissed) return null
  const time = format.clock(localDeadline)
  if (warning === 'now') {
    return { tone: 'info', title: texts.expiry.due(time), body: texts.expiry.dueBody, action: 'none' }
  }
  const title = texts.expiry.title(time)
  if (reason === 'absolute') return { tone: 'info', title, body: texts.expiry.absolute, action: 'sign-in' }
  if (failed) {
    const body = texts.expiry.failedBody(errorText(failed, texts), time)
    return { tone: 'danger', title: texts.expiry.failed, body, action: 'stay' }
  }
  return { tone: 'warning', title, body: texts.expiry.idle, action: 'stay' }
}
