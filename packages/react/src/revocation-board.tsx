import type { ReceiptKey } from '@curfew/client'
import { arriving } from './arriving'
import { Loaded } from './ui/loaded'
import { useResource } from './use-resource'

/** What `RevocationBoard` takes. */
export interface RevocationBoardProps {
  /** What signing everyone out answered. Its token belongs in memory only. */
  receipt: ReceiptKey
}

/**
 * Shows live which apps have heard that everyone was signed out, and until when
 * the others may accept somebody. Nobody needs to be signed in.
 */
export function RevocationBoard({ receipt }: RevocationBoardProps) {
  const code = useResource('board', () => arriving(import('./receipt/board')))
  return (
    <Loaded from={code} failed="" quiet rows={2}>
      {({ Board }) => <Board receipt={receipt} />}
    </Loaded>
  )
}
