/**
 * Whether this very tab signed out because somebody pressed the button. Then
 * nobody was thrown out: the sign-in page opens without a banner, and without a
 * way back to a page that the next person need not know of.
 */
let leaving = false

/** Somebody pressed the button, or did not after all. */
export function leave(onPurpose: boolean) {
  leaving = onPurpose
}

/** Whether one's own sign-out led here. */
export function leftOnPurpose(): boolean {
  return leaving
}
