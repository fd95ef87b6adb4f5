import { arriving } from '@curfew/react/internal'
import { useQuery } from '@tanstack/react-query'
import type { ComponentType, ReactNode } from 'react'
import { FailureNote } from './failure'

interface PartProps<P> {
  /** What its code is called, here and nowhere else. */
  name: string
  load: () => Promise<{ default: ComponentType<P> }>
  /** Holds its place while the code comes. */
  waiting: ReactNode
  /** What the part takes. */
  give: P
}

/**
 * A part whose code comes when it is shown. Code that does not arrive, as when
 * the connection broke, is said in the part's place, with another try: whatever
 * is typed beside it stays.
 */
export function Part<P extends object>({ name, load, waiting, give }: PartProps<P>) {
  const code = useQuery({
    queryKey: ['code', name],
    queryFn: () => arriving(load()),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false, // a module is no data
  })
  if (code.error) {
    return <FailureNote error={code.error} onRetry={() => void code.refetch()} busy={code.isFetching} />
  }
  if (!code.data) return waiting
  const Shown = code.data.default
  return <Shown {...give} />
}
