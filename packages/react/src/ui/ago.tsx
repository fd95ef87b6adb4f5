import { useFormat } from '../context'

/** "12 min ago", with the exact time on hover and for machines. */
export function Ago({ iso, words }: { iso: string; words?: (ago: string) => string }) {
  const format = useFormat()
  const ago = format.ago(iso)
  return (
    <time dateTime={iso} title={format.exact(iso)}>
      {words ? words(ago) : ago}
    </time>
  )
}
