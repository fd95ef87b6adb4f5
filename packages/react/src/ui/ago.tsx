import { useFormat } from '../context'

/** What `Ago` takes. */
export interface AgoProps {
  iso: string
  /** Puts words around it, such as "last sign-in 12 min ago". */
  words?: (ago: string) => string
}

/** "12 min ago", with the exact time on hover and for machines. */
export function Ago({ iso, words }: AgoProps) {
  const format = useFormat()
  const ago = format.ago(iso)
  return (
    <time dateTime={iso} title={format.exact(iso)}>
      {words ? words(ago) : ago}
    </time>
  )
}
