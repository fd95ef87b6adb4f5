/** What a message means; it decides colour and icon. */
export type Tone = 'info' | 'success' | 'warning' | 'danger'

/** A message on show. */
export interface ToastItem {
  readonly id: number
  readonly text: string
  readonly tone: Tone
}

/** The messages on show, outside React so that any handler can add one. */
export interface ToastStore {
  get(): readonly ToastItem[]
  subscribe(listener: () => void): () => void
  add(text: string, tone: Tone): void
  remove(id: number): void
  clear(): void
}

/** Makes an empty store. Of more than three messages the oldest go. */
export function createToastStore(): ToastStore {
  let items: readonly ToastItem[] = []
  let last = 0
  const listeners = new Set<() => void>()
  const set = (next: readonly ToastItem[]) => {
    items = next
    for (const listener of [...listeners]) listener()
  }
  return {
    get: () => items,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    add: (text, tone) => set([...items, { id: ++last, text, tone }].slice(-3)),
    remove: (id) => set(items.filter((item) => item.id !== id)),
    clear: () => set([]),
  }
}
