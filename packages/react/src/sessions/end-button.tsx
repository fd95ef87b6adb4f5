import { useCurfew, useTexts } from '../context'
import { errorText } from '../error-text'
import { Button } from '../ui/button'
import { useAction } from '../ui/use-action'
import { useToast } from '../use-toast'

interface EndButtonProps {
  label: string
  /** The full name, with the device, for those who hear the button alone. */
  name?: string
  end: () => Promise<void>
}

/** Ends one session or several at a press. A failure is said, and the button stays for another try. */
export function EndButton({ label, name, end }: EndButtonProps) {
  const texts = useTexts()
  const toast = useToast()
  const { busy, run } = useAction(() =>
    end().catch((error) => toast(texts.session.endFailed(errorText(error, texts)), { tone: 'danger' })),
  )
  return (
    <Button className="cf-end" off={busy} aria-label={busy ? undefined : name} onClick={run}>
      {busy ? texts.session.ending : label}
    </Button>
  )
}

/** Ends the caller's sessions on other devices. */
export function EndOthersButton({ label, onEnded }: { label: string; onEnded: () => void }) {
  const { api } = useCurfew()
  const texts = useTexts().yours
  const toast = useToast()
  const end = async () => {
    const { revoked_count } = await api.revokeMyOtherSessions()
    toast(texts.endedOthers(revoked_count), { tone: 'success' })
    onEnded()
  }
  return <EndButton label={label} end={end} />
}
