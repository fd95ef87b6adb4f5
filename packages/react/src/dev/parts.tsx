/** Every part in every state, with a client that only pretends. For development builds. */
export function Parts() {
  return null
}
