import { type HTMLAttributes, type RefObject, useEffect } from 'react'
import { useCurfewContext } from '../context'
import { cx } from './class-names'
import { useReturnFocus } from './use-return-focus'

interface ToastRegionProps extends HTMLAttributes<HTMLElement> {
  label: string
  open: boolean
  /** Changes whenever the content does. */
  shown: unknown
  side?: 'top' | 'bottom'
  ref: RefObject<HTMLElement | null>
}

/** A labelled region that is there before its content. F6 reaches it while it is open. */
export function ToastRegion({ label, open, shown, side, ref, className, ...rest }: ToastRegionProps) {
  const { regions } = useCurfewContext('ToastRegion')
  useEffect(() => (ref.current ? regions.add(ref.current) : undefined), [ref, regions])
  useReturnFocus(ref, shown)
  return (
    <section
      {...rest}
      ref={ref}
      className={cx('cf-toasts', className)}
      aria-label={label}
      tabIndex={-1}
      data-cf-open={open ? '' : undefined}
      data-cf-side={side}
    />
  )
}
