package curfew

import "time"

// PortalLink leads a person from the product to the hosted pages. It works once,
// under the epochs that it was made under.
type PortalLink struct {
	AccountID  ID
	ID         ID
	UserID     ID
	SecretHash [32]byte
	CreatedAt  time.Time
	ExpiresAt  time.Time
	// AccountEpoch and UserEpoch were in force when the link was made.
	AccountEpoch, UserEpoch int64
	// Page is where it leads to; ReturnURL where the person goes back to, "" for
	// nowhere.
	Page, ReturnURL string
	// TiedTo is the session of the product's that the one of this link ends
	// with; zero for none.
	TiedTo ID
	// SessionID is the session that came of it; zero before.
	SessionID ID
}
