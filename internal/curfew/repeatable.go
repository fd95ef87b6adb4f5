package curfew

import "time"

// Repeatable is the start of a session that a service may ask for once more,
// when it does not know whether its first request arrived.
type Repeatable struct {
	// ID is a digest of the service key's id and of the text that the service
	// named the start by; BodyHash is one of what was asked for.
	ID, BodyHash         [32]byte
	AccountID, SessionID ID
	MadeAt               time.Time
}
