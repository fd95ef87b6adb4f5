type Search = Record<string, unknown>

/**
 * Makes a page see of its address what `read` makes of it, and nothing else.
 * By itself the router hands on every raw value that a page's reader left out.
 */
export function only<T extends object>(read: (search: Search) => T): (search: Search) => T {
  return (search) => {
    const hidden = Object.fromEntries(Object.keys(search).map((name) => [name, undefined]))
    return { ...hidden, ...read(search) }
  }
}
