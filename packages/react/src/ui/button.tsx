import type { ButtonHTMLAttributes, MouseEvent, Ref } from 'react'
import { cx } from './class-names'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'primary' | 'secondary' | 'danger' | 'danger-tint' | 'quiet'
  /** Does nothing while true, but keeps the focus and stays reachable, so that its reason can be read. */
  off?: boolean
  ref?: Ref<HTMLButtonElement>
}

/** A button. Switched off it stays in the tab order, unlike a disabled one. */
export function Button({ look = 'secondary', off = false, className, onClick, ...rest }: ButtonProps) {
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    if (off) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button
      type="button"
      {...rest}
      className={cx('cf-button', `cf-button-${look}`, className)}
      aria-disabled={off || undefined}
      onClick={click}
    />
  )
}
