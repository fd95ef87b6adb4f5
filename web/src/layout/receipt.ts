import type { ReceiptKey } from '@curfew/client'

/**
 * The receipt of everybody's sign-out, for the sign-in page that it leads to. In
 * this tab's memory only: its token must be in no address and no storage.
 */
let held: ReceiptKey | null = null

/** Everybody was signed out just now; null once somebody is signed in again. */
export function holdReceipt(receipt: ReceiptKey | null) {
  held = receipt
}

/** What the sign-in page is to show. */
export function heldReceipt(): ReceiptKey | null {
  return held
}
