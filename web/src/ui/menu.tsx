import { type ReactNode, type ToggleEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import { classes } from './classes'

interface MenuProps {
  /** The button's accessible name, such as "Actions for Ada Lovelace". */
  label: string
  /** What the button shows; the label if left out. */
  trigger?: ReactNode
  /** Which edges of button and panel stand together; `end` by default. */
  side?: 'start' | 'end'
  /** Classes of the button. */
  className?: string
  /** The content; call `close` before doing something that moves the focus. */
  children: (close: () => void) => ReactNode
}

/**
 * A button that opens a small panel of actions in the top layer, so that no
 * scrolling table cuts it off. Tab walks through it, Escape closes it and gives
 * the focus back; the browser's `popover` does both.
 */
export function Menu({ label, trigger, side = 'end', className, children }: MenuProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)

  const close = () => panel.current?.hidePopover()
  const toggled = (event: ToggleEvent<HTMLDivElement>) => setOpen(event.newState === 'open')

  // Its content, and so its size, is only there now; and it goes with its button
  // when a telephone is turned or what is behind it scrolls.
  useLayoutEffect(() => {
    if (!open) return
    const follow = () => {
      if (button.current && panel.current) place(button.current, panel.current, side)
    }
    follow()
    const moves = { capture: true, passive: true }
    window.addEventListener('resize', follow)
    window.addEventListener('scroll', follow, moves)
    return () => {
      window.removeEventListener('resize', follow)
      window.removeEventListener('scroll', follow, moves)
    }
  }, [open, side])

  return (
    <>
      <button
        ref={button}
        type="button"
        className={classes('web-menu-button', className)}
        aria-label={trigger ? label : undefined}
        aria-expanded={open}
        aria-controls={id}
        popoverTarget={id}
      >
        {trigger ?? label}
      </button>
      <div ref={panel} id={id} popover="auto" className="web-menu" onToggle={toggled}>
        {open ? children(close) : null}
      </div>
    </>
  )
}

interface MenuItemProps {
  onSelect: () => void
  danger?: boolean
  disabled?: boolean
  children: ReactNode
}

/** One action of a menu. */
export function MenuItem({ onSelect, danger = false, disabled = false, children }: MenuItemProps) {
  return (
    <button
      type="button"
      className={classes('web-menu-item', danger && 'web-menu-item-danger')}
      disabled={disabled}
      onClick={onSelect}
    >
      {children}
    </button>
  )
}

/** Puts the panel under its button, or above it where there is no room below. */
function place(button: HTMLElement, panel: HTMLElement, side: 'start' | 'end') {
  const gap = 4
  const margin = 8
  const at = button.getBoundingClientRect()
  const size = panel.getBoundingClientRect()
  const below = at.bottom + gap
  const top = below + size.height > window.innerHeight - margin ? at.top - gap - size.height : below
  const left = side === 'start' ? at.left : at.right - size.width
  const most = document.documentElement.clientWidth - margin - size.width
  panel.style.top = `${Math.max(margin, top)}px`
  panel.style.left = `${Math.max(margin, Math.min(left, most))}px`
}
