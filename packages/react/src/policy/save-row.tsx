import { type Ref, useId } from 'react'
import { useFormat, useTexts } from '../context'
import { isUncertain } from '../error-text'
import type { Security } from '../types'
import { isolate } from '../ui/bdi'
import { Button } from '../ui/button'
import { Failure } from '../ui/failure'
import { Icon } from '../ui/icons'
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
  const texts = useTexts().policy
  const id = useId()
  const saving = state.status === 'saving'
  return (
    <div className="cf-save">
      {state.status === 'refused' && Object.keys(state.fields).length === 0 && (
        <Failure says={isUncertain(state.error) ? texts.uncertain : texts.failed} error={state.error} />
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
          {saving ? texts.saving : texts.save}
        </Button>
        <div role="status" className="cf-save-status">
          {state.status === 'saved' && (
            <span className="cf-saved">
              <span className="cf-ping">
                <Icon name="within" />
              </span>
              {texts.saved}
            </span>
          )}
          {state.status === 'unchanged' && <span className="cf-hint">{texts.unchanged}</span>}
          <span id={`${id}-offline`} className="cf-hint">
            {!online && texts.offline}
          </span>
        </div>
      </div>
      <p className="cf-hint" id={`${id}-note`}>
        {applyNow ? texts.noteAll : texts.noteNext}
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
