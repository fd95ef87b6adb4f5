import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useTexts } from '../context'
import type { PolicyMinutes, Security, StoredPolicy } from '../types'
import { Field } from '../ui/field'
import { useLatest } from '../ui/use-latest'
import { useOnline } from '../use-online'
import type { Resource } from '../use-resource'
import { ApplyPreview } from './apply-preview'
import { Conflict } from './conflict'
import { patchOf } from './draft'
import { PolicyFields } from './fields'
import { limitInForce, limitPatchOf } from './limit'
import { LimitFields } from './limit-fields'
import { PolicyOptions } from './options'
import { SaveRow } from './save-row'
import { StandardsList } from './standards-list'
import { usePolicyForm } from './use-policy-form'
import { usePolicySave } from './use-policy-save'

interface PolicyFormProps {
  data: Security
  resource: Resource<Security>
  onDraft?: (policy: PolicyMinutes) => void
  children?: ReactNode
}

/** The policy's form: limits, what they mean, and saving them. */
export function PolicyForm({ data, resource, onDraft, children }: PolicyFormProps) {
  const texts = useTexts().policy
  const form = usePolicyForm(data)
  const [applyNow, setApplyNow] = useState(false)
  const [reason, setReason] = useState('')
  const [reasonNeeded, setReasonNeeded] = useState(false)
  const inputs = {
    idle_minutes: useRef<HTMLInputElement>(null),
    absolute_minutes: useRef<HTMLInputElement>(null),
    max_sessions_per_user: useRef<HTMLInputElement>(null),
    reason: useRef<HTMLInputElement>(null),
  }
  const saveButton = useRef<HTMLButtonElement>(null)
  const applyId = useId()
  const online = useOnline()
  const { state, save, clear } = usePolicySave((answer) => {
    resource.put(answer)
    form.reset()
    setApplyNow(false)
    setReason('')
    setReasonNeeded(false)
  }, resource.reload)
  const saving = state.status === 'saving'
  const refused = state.status === 'refused' ? state.fields : {}
  // The operator may want one; that is known once a policy was refused for it.
  if (refused.reason && !reasonNeeded) setReasonNeeded(true)
  const patch = form.policy && patchOf(form.policy, form.base)
  useDraft(form.minutes, onDraft)
  useFocusRefused(refused, inputs)

  const send = (policy: StoredPolicy, base: Security) =>
    void save({
      patch: { ...patchOf(policy, base), ...limitPatchOf(form.limit, base) },
      applyNow,
      reason,
      etag: base.etag,
    })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (saving || !online) return
    const wrong = form.sayAll()
    if (wrong) inputs[wrong].current?.focus()
    else if (form.policy) {
      // Held as it is sent: a reload after a conflict must not change what is kept.
      form.rebase(form.base)
      send(form.policy, form.base)
    }
  }
  const settle = (theirs: Security, keep: boolean) => {
    saveButton.current?.focus()
    clear()
    if (!keep) return form.reset()
    form.rebase(theirs)
    if (form.policy && form.limitValid) send(form.policy, theirs)
  }

  return (
    <form className="cf-policy-form" noValidate onSubmit={submit}>
      <PolicyOptions
        form={form}
        onPick={(choice) => {
          if (saving) return
          clear()
          form.pick(choice)
        }}
      />
      <PolicyFields
        form={form}
        locked={saving}
        refused={refused}
        onWrite={(field, text) => {
          clear(field)
          form.write(field, text)
        }}
        inputs={inputs}
      />
      <StandardsList minutes={form.minutes} />
      {children}
      <div className="cf-policy-apply">
        <label className="cf-check">
          <input
            type="checkbox"
            checked={applyNow}
            aria-describedby={applyId}
            onChange={(event) => saving || setApplyNow(event.target.checked)}
          />
          <span>{texts.apply}</span>
          <span className="cf-hint" id={applyId}>
            {texts.applyHint}
          </span>
        </label>
        {applyNow && <ApplyPreview patch={patch} />}
      </div>
      <LimitFields
        form={form}
        locked={saving}
        refused={refused.max_sessions_per_user}
        onEdit={() => clear('max_sessions_per_user')}
        inputRef={inputs.max_sessions_per_user}
      />
      <Field
        label={reasonNeeded ? texts.reasonNeeded : texts.reason}
        hint={texts.reasonHint}
        ref={inputs.reason}
        rows={2}
        maxLength={500}
        value={reason}
        readOnly={saving}
        wrong={refused.reason}
        onChange={(event) => {
          clear('reason')
          setReason(event.target.value)
        }}
      />
      {state.status === 'conflict' && (
        <Conflict
          theirs={state.theirs}
          mine={form.minutes}
          limit={limitInForce(form.limit, state.theirs)}
          useTheirs={() => settle(state.theirs, false)}
          keepMine={() => settle(state.theirs, true)}
        />
      )}
      <SaveRow state={state} online={online} applyNow={applyNow} data={data} buttonRef={saveButton} />
    </form>
  )
}

/** Tells the limits on show whenever they move. */
function useDraft({ idle_minutes, absolute_minutes }: PolicyMinutes, onDraft: PolicyFormProps['onDraft']) {
  const latest = useLatest(onDraft)
  useEffect(
    () => latest.current?.({ idle_minutes, absolute_minutes }),
    [latest, idle_minutes, absolute_minutes],
  )
}

/** The first field that the server refused gets the focus, as the first wrong one does. */
function useFocusRefused(
  refused: Record<string, string>,
  inputs: Record<string, { current: HTMLElement | null }>,
) {
  const first = Object.keys(inputs).find((name) => name in refused)
  const latest = useRef(inputs)
  useEffect(() => {
    if (first) latest.current[first]?.current?.focus()
  }, [first])
}
