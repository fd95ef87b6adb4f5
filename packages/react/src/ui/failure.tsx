import { useTexts } from '../context'
import { errorText } from '../error-text'
import { Button } from './button'
import { Notice } from './notice'

interface FailureProps {
  /** What did not work; why follows. */
  says?: string
  error: unknown
  /** Another try; without it there is no button. */
  retry?: () => unknown
  /** Another try runs. */
  busy?: boolean
}

/** Says in its place what failed and why, with another try. */
export function Failure({ says, error, retry, busy }: FailureProps) {
  const texts = useTexts()
  return (
    <Notice
      tone="danger"
      role="alert"
      actions={
        retry && (
          <Button off={busy} onClick={() => void retry()}>
            {texts.common.tryAgain}
          </Button>
        )
      }
    >
      <p>
        {says} {errorText(error, texts)}
      </p>
    </Notice>
  )
}
