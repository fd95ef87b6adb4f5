import type { ReactNode } from 'react'

/** Names in a row, of classes or of elements; what is false or absent is left out. */
export function cx(...names: ReactNode[]): string {
  return names.filter(Boolean).join(' ')
}
