package verify

import (
	"context"
	"slices"
	"time"
)

// Session is who is asking, as the access token says. Ids are UUIDs in their
// hyphenated lower-case form.
type Session struct {
	ID        string // of the session (sid)
	UserID    string // of the person (sub)
	AccountID string // of the person's account, the tenant
	Role      string // "owner" or "member"
	TokenID   string // of this token (jti)

	IssuedAt  time.Time // when this token was made
	ExpiresAt time.Time // when this token ends; the session may go on
	AuthTime  time.Time // when the person last proved who they are

	// When the session ends if nobody uses it, and at the latest.
	IdleExpiresAt     time.Time
	AbsoluteExpiresAt time.Time

	methods []string
}

// Methods is how the person signed in (amr, RFC 8176), such as ["pwd"].
func (s Session) Methods() []string { return slices.Clone(s.methods) }

// contextKey is the key of what Middleware puts into a request's context.
type contextKey struct{}

// passed is what Middleware knows of a request that it let through.
type passed struct {
	session  Session
	verifier *Verifier
}

// SessionFrom is the session of a request that [Verifier.Middleware] let
// through.
func SessionFrom(ctx context.Context) (Session, bool) {
	p, ok := ctx.Value(contextKey{}).(*passed)
	if !ok {
		return Session{}, false
	}
	return p.session, true
}
