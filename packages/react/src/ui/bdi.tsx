import type { ComponentProps } from 'react'

/**
 * What changes the direction of the text after it, or ends what keeps a name
 * apart: embeddings, overrides, isolates, and separators of lines and paragraphs.
 */
export const turning = /[\u2028-\u202e\u2066-\u2069]/g

/**
 * Text without such characters, for where it stands alone: in titles, labels,
 * choices. They are invisible, so a reader and a copy miss nothing; names that
 * are written from right to left need none of them.
 */
export const unturned = (text: string) => text.replace(turning, '')

/** A name inside a sentence: nothing of its direction leaks out. */
export const isolate = (name: string) => `\u2068${unturned(name)}\u2069`

type Text = string | number | null | undefined

/**
 * A name, an address, or anything else that somebody typed, as an element. A
 * name that contains U+2069 gets out of the browser's own `<bdi>`, and could then
 * turn the text after it.
 */
export function Bdi({ children, ...rest }: ComponentProps<'bdi'> & { children: Text | Text[] }) {
  return <bdi {...rest}>{unturned([children].flat().join(''))}</bdi>
}
