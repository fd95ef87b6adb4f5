import { ChevronDown } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { client } from '../client'
import { asked } from '../queries/audit'
import { type AuditFilter, dayText } from '../search/audit'
import { Alert } from '../ui/alert'
import { Button, buttonClass } from '../ui/button'
import { Menu, MenuItem } from '../ui/menu'
import { errorWords } from '../ui/words'
import { bytesWords, readAll, save } from './save'

type Format = 'csv' | 'jsonl'

/** How an export stands. */
type Export =
  | { step: 'none' }
  | { step: 'running'; format: Format; bytes: number }
  | { step: 'done'; name: string; bytes: number }
  | { step: 'failed'; format: Format; error: unknown }

/**
 * Saves the events that a filter chooses as a file. Nothing is saved unless all
 * of it came.
 */
export function useExport(filter: AuditFilter) {
  const [state, setState] = useState<Export>({ step: 'none' })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const start = async (format: Format) => {
    running.current?.abort()
    const mine = new AbortController()
    running.current = mine
    const tell = (next: Export) => {
      if (running.current === mine) setState(next)
    }
    tell({ step: 'running', format, bytes: 0 })
    try {
      const response = await client.api.exportAuditEvents(
        { ...asked(filter), format },
        { signal: mine.signal },
      )
      const blob = await readAll(response, (bytes) => tell({ step: 'running', format, bytes }))
      if (mine.signal.aborted) return
      const name = `audit-${dayText(new Date())}.${format}`
      save(blob, name)
      tell({ step: 'done', name, bytes: blob.size })
    } catch (error) {
      if (!mine.signal.aborted) tell({ step: 'failed', format, error })
    }
  }
  const cancel = () => {
    running.current?.abort()
    running.current = null
    setState({ step: 'none' })
  }
  return { state, start, cancel }
}

/** Asks for the file, in one of its formats. */
export function ExportButton({ onStart, busy }: { onStart: (format: Format) => void; busy: boolean }) {
  return (
    <Menu
      label="Export"
      className={buttonClass('primary')}
      trigger={
        <>
          Export <ChevronDown aria-hidden="true" size={16} />
        </>
      }
    >
      {(close) => {
        const choose = (format: Format) => () => {
          close()
          onStart(format)
        }
        return (
          <>
            <MenuItem disabled={busy} onSelect={choose('csv')}>
              CSV, for spreadsheets
            </MenuItem>
            <MenuItem disabled={busy} onSelect={choose('jsonl')}>
              JSON Lines, for programs
            </MenuItem>
          </>
        )
      }}
    </Menu>
  )
}

interface ExportStatusProps {
  state: Export
  onRetry: (format: Format) => void
  onCancel: () => void
}

/** Progress and outcome of an export; the region is there before there is any. */
export function ExportStatus({ state, onRetry, onCancel }: ExportStatusProps) {
  return (
    <div className="audit-export">
      {/* Only the beginning and the end are announced, not every byte. */}
      <p role="status" className="sr-only">
        {state.step === 'running' ? 'Exporting' : state.step === 'done' ? `Saved ${state.name}` : ''}
      </p>
      {state.step === 'running' ? (
        <div className="audit-export-line">
          <span className="audit-quiet">
            Exporting… <span className="tabular-nums">{state.bytes > 0 ? bytesWords(state.bytes) : ''}</span>
          </span>
          <Button variant="quiet" onClick={onCancel}>
            Cancel export
          </Button>
        </div>
      ) : null}
      {state.step === 'done' ? (
        <p className="audit-export-line audit-quiet" aria-hidden="true">
          Saved {state.name} ({bytesWords(state.bytes)})
        </p>
      ) : null}
      {state.step === 'failed' ? (
        <Alert
          tone="danger"
          role="alert"
          title="The export broke off"
          actions={<Button onClick={() => onRetry(state.format)}>Try again</Button>}
        >
          {errorWords(state.error).title}. Nothing was saved, as a part could pass for the whole.
        </Alert>
      ) : null}
    </div>
  )
}
