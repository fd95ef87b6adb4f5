/** The toast regions that F6 moves to. */
export interface Regions {
  /** Takes a region in; it counts while `data-cf-open` is set on it. Returns what takes it out. */
  add(region: HTMLElement): () => void
  /** Listens for F6. Returns what ends it. */
  listen(): () => void
}

/**
 * F6 goes from the page to the first open region, from there to the next, and
 * after the last one back to where the person was.
 */
export function createRegions(): Regions {
  const regions = new Set<HTMLElement>()
  let origin: HTMLElement | null = null

  function press(event: KeyboardEvent) {
    if (event.key !== 'F6' || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    const open = [...regions].filter((region) => region.dataset.cfOpen !== undefined)
    if (open.length === 0 || event.defaultPrevented) return
    event.preventDefault()
    const active = document.activeElement
    const at = open.findIndex((region) => region.contains(active))
    if (at < 0) origin = active instanceof HTMLElement ? active : null
    const next = open[at + 1]
    if (next) next.focus()
    else origin?.focus()
  }

  return {
    add(region) {
      regions.add(region)
      return () => regions.delete(region)
    },
    listen() {
      document.addEventListener('keydown', press)
      return () => document.removeEventListener('keydown', press)
    },
  }
}
