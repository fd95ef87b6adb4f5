import { useTexts } from '../context'
import type { Preview, StoredPolicy } from '../types'
import { Failure } from '../ui/failure'
import { usePreview } from './use-preview'

/** Who would be signed out if the limits were applied to open sessions; `patch` is null while they are wrong. */
export function ApplyPreview({ patch }: { patch: Partial<StoredPolicy> | null }) {
  const texts = useTexts().preview
  const { preview, error, loading, retry } = usePreview(patch)
  const known = patch !== null && !error ? preview : null
  return (
    <div className="cf-preview" aria-busy={patch !== null && loading}>
      <div role="status">
        {patch === null ? (
          <p>{texts.invalid}</p>
        ) : known ? (
          <Summary preview={known} />
        ) : (
          loading && <p>{texts.loading}</p>
        )}
      </div>
      {known && <People preview={known} />}
      {patch !== null && error !== null && !loading && (
        <Failure says={texts.failed} error={error} retry={retry} />
      )}
    </div>
  )
}

function Summary({ preview }: { preview: Preview }) {
  const texts = useTexts().preview
  if (preview.users_affected === 0) return <p>{texts.none}</p>
  return (
    <>
      <p className="cf-preview-summary">
        {texts.summary(preview.sessions_ending_now, preview.sessions_shortened, preview.users_affected)}
      </p>
      <p className={preview.ends_current_session ? 'cf-preview-you' : undefined}>
        {preview.ends_current_session ? texts.you : texts.notYou}
      </p>
    </>
  )
}

function People({ preview }: { preview: Preview }) {
  const texts = useTexts().preview
  if (preview.users.length === 0) return null
  return (
    // Scrolls on a keyboard's arrows too, so it takes a place in the tab order.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box without controls inside
    <section className="cf-preview-people" aria-label={texts.title} tabIndex={0}>
      <ul>
        {preview.users.map((user) => (
          <li key={user.user_id}>
            <bdi title={user.email}>{user.name}</bdi>
            <span>{texts.person(user.sessions_ending, user.sessions_shortened)}</span>
          </li>
        ))}
      </ul>
      {preview.users_truncated && <p>{texts.truncated(preview.users.length, preview.users_affected)}</p>}
    </section>
  )
}
