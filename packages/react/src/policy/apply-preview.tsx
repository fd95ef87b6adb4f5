import { useCurfew } from '../context'
import type { Preview, StoredPolicy } from '../types'
import { Bdi, unturned } from '../ui/bdi'
import { Failure } from '../ui/failure'
import { useResource } from '../use-resource'
import { useFormTexts } from './words'

/** How long the form rests before it is asked for. */
const pause = 300

/** Who would be signed out if the limits were applied to open sessions; `patch` is null while they are wrong. */
export function ApplyPreview({ patch }: { patch: Partial<StoredPolicy> | null }) {
  const client = useCurfew()
  const texts = useFormTexts().preview
  const { data, error, loading, reload } = useResource<Preview>(
    patch && JSON.stringify(patch),
    (signal) => client.api.previewSecurity(patch ?? {}, { signal }),
    pause,
  )
  const asked = patch !== null
  const known = asked && error === null ? data : null
  return (
    <div className="cf-preview" aria-busy={asked && loading}>
      <div role="status">
        {known ? (
          <Summary preview={known} />
        ) : (
          (!asked || loading) && <p>{asked ? texts.loading : texts.invalid}</p>
        )}
      </div>
      {known && <People preview={known} />}
      {asked && error !== null && !loading && <Failure says={texts.failed} error={error} retry={reload} />}
    </div>
  )
}

function Summary({ preview }: { preview: Preview }) {
  const texts = useFormTexts().preview
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
  const texts = useFormTexts().preview
  if (preview.users.length === 0) return null
  return (
    // Scrolls on a keyboard's arrows too, so it takes a place in the tab order.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box without controls inside
    <section className="cf-preview-people" aria-label={texts.title} tabIndex={0}>
      <ul>
        {preview.users.map((user) => (
          <li key={user.user_id}>
            <Bdi title={unturned(user.email)}>{user.name}</Bdi>
            <span>{texts.person(user.sessions_ending, user.sessions_shortened)}</span>
          </li>
        ))}
      </ul>
      {preview.users_truncated && <p>{texts.truncated(preview.users.length, preview.users_affected)}</p>}
    </section>
  )
}
