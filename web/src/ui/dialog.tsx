import { type ReactNode, useEffect, useId, useRef } from 'react'
import { classes } from './classes'

interface DialogProps {
  open: boolean
  title: ReactNode
  /** What happens, said before it does. */
  description?: ReactNode
  /** `alertdialog` for what cannot be undone. */
  role?: 'dialog' | 'alertdialog'
  /** Something runs: Escape and the backdrop do nothing meanwhile. */
  locked?: boolean
  /** Escape, the backdrop, or the dialog's own buttons. */
  onClose: () => void
  /** Buttons at the foot: Cancel first, then what repeats the title's verb. */
  actions?: ReactNode
  className?: string
  children?: ReactNode
}

/**
 * A modal dialog on the browser's own `<dialog>`: it keeps the focus inside and
 * gives it back. Its content is only there while it is open.
 */
export function Dialog(props: DialogProps) {
  const {
    open,
    title,
    description,
    role = 'dialog',
    locked = false,
    onClose,
    actions,
    className,
    children,
  } = props
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()

  useEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    if (open && !dialog.open) dialog.showModal()
    if (!open && dialog.open) dialog.close()
  }, [open])

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own `cancel`.
    <dialog
      ref={ref}
      role={role}
      className={classes('web-dialog', className)}
      aria-labelledby={`${id}-title`}
      aria-describedby={description ? `${id}-description` : undefined}
      onCancel={(event) => {
        event.preventDefault()
        if (!locked) onClose()
      }}
      onClose={() => {
        // Browsers close on a second Escape whatever `cancel` says.
        if (open) onClose()
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget && !locked) onClose()
      }}
    >
      {open ? (
        <div className="web-dialog-body">
          <h2 className="web-dialog-title" id={`${id}-title`}>
            {title}
          </h2>
          {description ? (
            <div className="web-dialog-text" id={`${id}-description`}>
              {description}
            </div>
          ) : null}
          {children}
          {actions ? <div className="web-dialog-actions">{actions}</div> : null}
        </div>
      ) : null}
    </dialog>
  )
}
