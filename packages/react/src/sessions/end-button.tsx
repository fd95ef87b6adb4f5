import { useState } from 'react'
import { useTexts } from '../context'
import { errorText } from '../error-text'
import { Button } from '../ui/button'
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
  const [busy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      await end()
    } catch (error) {
      toast(texts.session.endFailed(errorText(error, texts)), { tone: 'danger' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button className="cf-end" off={busy} aria-label={busy ? undefined : name} onClick={() => void run()}>
      {busy ? texts.session.ending : label}
    </Button>
  )
}
