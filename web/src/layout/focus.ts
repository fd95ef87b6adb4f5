/**
 * The focus after a navigation within the app. The layout asks for it when the
 * path changes; the next page to appear takes it for its h1, however late its
 * code or data comes. The first page of all is left alone: the browser has the
 * focus in hand then.
 */
let asked = false

/** The path has changed: the next h1 takes the focus. */
export function askForFocus() {
  asked = true
}

/** Whether the focus was asked for; answers yes once. */
export function takeFocus(): boolean {
  const was = asked
  asked = false
  return was
}

/** Whether a navigation still waits for its page. */
export function focusAsked(): boolean {
  return asked
}
