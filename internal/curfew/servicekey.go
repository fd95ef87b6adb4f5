package curfew

import (
	"slices"
	"time"
)

// Scope is what a service key may do.
type Scope string

// The scopes.
const (
	ScopeAccountsWrite    Scope = "accounts:write"
	ScopeSessionsRead     Scope = "sessions:read"
	ScopeSessionsWrite    Scope = "sessions:write"
	ScopeTokensIntrospect Scope = "tokens:introspect"
	ScopeRevocationsRead  Scope = "revocations:read"
	ScopeWebhooksWrite    Scope = "webhooks:write"
	ScopeOperator         Scope = "operator"
)

// Scopes lists every scope.
var Scopes = []Scope{ScopeAccountsWrite, ScopeSessionsRead, ScopeSessionsWrite, ScopeTokensIntrospect,
	ScopeRevocationsRead, ScopeWebhooksWrite, ScopeOperator}

// ServiceKey is what another service proves itself with. It belongs to the
// installation, and is never a person: no key starts or holds a session of its
// own (ASVS 7.2.2).
type ServiceKey struct {
	ID     ID
	Name   string
	Scopes []Scope
	// SecretHash is that of the key's newest text; PreviousHash that of the one
	// before, which works until PreviousUntil so that services can change over.
	// Both are zero where there is none.
	SecretHash    [32]byte
	PreviousHash  [32]byte
	PreviousUntil time.Time
	CreatedAt     time.Time
	RotatedAt     time.Time // zero before the first rotation
	LastUsedAt    time.Time // to the minute; zero for never
	ExpiresAt     time.Time // zero for a key without an end
	RevokedAt     time.Time // zero while it is not revoked
}

// Over reports whether the key works no more, whatever its text.
func (k ServiceKey) Over(now time.Time) bool {
	return !k.RevokedAt.IsZero() || !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt)
}

// May reports whether the key has a scope.
func (k ServiceKey) May(scope Scope) bool { return slices.Contains(k.Scopes, scope) }
