package curfew

import "time"

// Receipt is what remains of the ending of many sessions: which verifiers are
// to hear of it, and by when nobody accepts a token of them any more.
type Receipt struct {
	AccountID    ID
	ID           ID
	Scope        string // "all" or "others"
	RevokedCount int
	// AcknowledgedAt is when it was committed; WorstCaseAt when the last token
	// of the ended sessions is over everywhere, whoever has heard.
	AcknowledgedAt, WorstCaseAt time.Time
	// TokenHash is that of the token that reads it, until ExpiresAt.
	TokenHash [32]byte
	ExpiresAt time.Time
	// Place is that of the entry of the revocation log; zero where nothing was
	// to be told.
	Place LogPlace
	// Expected are the verifiers that were known then.
	Expected []Verifier
	// FinalAt is when all was over; Outcome is what had become of whom.
	FinalAt time.Time
	Outcome *ReceiptOutcome
}

// Final reports whether nothing of it changes any more.
func (r Receipt) Final() bool { return !r.FinalAt.IsZero() }

// ReceiptKey names a receipt.
type ReceiptKey struct{ AccountID, ID ID }

// ReceiptAck is what was heard from a verifier while a receipt was open.
type ReceiptAck struct {
	Receipt  ReceiptKey
	Verifier ID
	Name     string
	Mode     string
	NotedAt  time.Time
	// Milliseconds is how long after the acknowledgement the verifier had
	// applied the entry; nil when it had not yet.
	Milliseconds *int64
}

// States of a verifier as a receipt tells them.
const (
	VerifierAcknowledged = "acknowledged" // it refuses the ended sessions
	VerifierLagging      = "lagging"      // heard of, but has not applied the entry yet
	VerifierSilent       = "silent"       // not heard of for more than VerifierSilence
)

// VerifierSilence is how long a verifier may say nothing before it counts as
// silent: it speaks twice a second.
const VerifierSilence = 5 * time.Second

// ReceiptVerifier is what became of one verifier.
type ReceiptVerifier struct {
	Name         string
	State        string
	Milliseconds *int64
	LastHeardAt  time.Time
	// AcceptsUntil is until when it may accept a token of an ended session;
	// zero for one that does not.
	AcceptsUntil time.Time
}

// ReceiptOutcome is what has become of everybody who was to hear.
type ReceiptOutcome struct {
	Everywhere bool
	Verifiers  []ReceiptVerifier
	// P50 and Max are over the milliseconds of those who have acknowledged; nil
	// for none.
	P50, Max *int64
}
