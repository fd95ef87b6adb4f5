/** What `Toasts` takes. */
export interface ToastsProps {
  className?: string
}
export function Toasts(_: ToastsProps) {
  return null
}
