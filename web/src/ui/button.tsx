import type { ComponentProps, MouseEvent } from 'react'
import { classes } from './classes'

/**
 * How much a button asks for: one `primary` a page, `danger` for what cannot be
 * undone, `quiet` beside text and in rows.
 */
type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'quiet'

interface ButtonProps extends ComponentProps<'button'> {
  variant?: ButtonVariant
  /**
   * The action runs. The button keeps its focus and place, and a second press
   * does nothing; say so in its words too ("Saving…").
   */
  busy?: boolean
}

/** The classes of a button, for links that look like one. */
export function buttonClass(variant: ButtonVariant = 'secondary', more?: string): string {
  return classes('cf-button', `cf-button-${variant}`, more)
}

/** A button of type `button`, unless it says otherwise. */
export function Button({
  variant = 'secondary',
  busy = false,
  className,
  onClick,
  type,
  ...rest
}: ButtonProps) {
  // Not `disabled` while busy: a disabled element loses the focus.
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (busy) {
      event.preventDefault()
      return
    }
    onClick?.(event)
  }
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      className={buttonClass(variant, className)}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={press}
    />
  )
}
