import { type Ref, useId } from 'react'
import { useFormat, useTexts } from '../context'
import { errorText, isUncertain } from '../error-text'
import { isolate } from '../format'
import type { Security } from '../types'
import { Button } from '../ui/button'
import { CheckIcon } from '../ui/icons'
import { Notice } from '../ui/notice'
import type { SaveState } from './use-policy-save'

interface SaveRowProps {
  state: SaveState
  online: boolean
  applyNow: boolean
  data: Security
  buttonRef: Ref<HTMLButtonElement>
}

/** The button, how it went, and what saving means. */
export function SaveRow({ state, online, applyNow, data, buttonRef }: SaveRowProps) {
  const texts = useTexts()
  const id = useId()
  const saving = state.status === 'saving'
  return (
    <div className="cf-save">
      {state.status === 'refused' && Object.keys(state.fields).length === 0 && (
        <Notice tone="danger" role="alert">
          <p>
            {isUncertain(state.error) ? texts.policy.uncertain : texts.policy.failed}{' '}
            {errorText(state.error, texts)}
          </p>
        </Notice>
      )}
      <div className="cf-save-row">
        <Button
          ref={buttonRef}
          type="submit"
          look="primary"
          className="cf-save-button"
          off={saving || !online}
          aria-describedby={`${id}-offline ${id}-note`}
        >
          {saving ? texts.policy.saving : texts.policy.save}
        </Button>
        <div role="status" className="cf-save-status">
          {state.status === 'saved' && (
            <span className="cf-saved">
              <span className="cf-ping">
                <CheckIcon />
              </span>
              {texts.policy.saved}
            </span>
          )}
          {state.status === 'unchanged' && <span className="cf-hint">{texts.policy.unchanged}</span>}
          <span id={`${id}-offline`} className="cf-hint">
            {!online && texts.policy.offline}
          </span>
        </div>
      </div>
      <p className="cf-hint" id={`${id}-note`}>
        {applyNow ? texts.policy.noteAll : texts.policy.noteNext}
      </p>
      <LastChanged data={data} />
    </div>
  )
}

function LastChanged({ data }: { data: Security }) {
  const texts = useTexts().policy
  const format = useFormat()
  if (!data.updated_at) return null
  const when = format.ago(data.updated_at)
  return (
    <p className="cf-hint">
      <time dateTime={data.updated_at} title={format.exact(data.updated_at)}>
        {data.updated_by ? texts.lastChanged(isolate(data.updated_by.name), when) : texts.lastChangedAt(when)}
      </time>
    </p>
  )
}
