package curfew

import (
	"errors"
	"time"
)

// Kind says what went wrong in a word that is stable for ever: it is the last
// part of the problem type's URI (RFC 9457), `/problems/<kind>`.
type Kind string

// The kinds of error. The HTTP layer maps each to one status.
const (
	KindInvalidRequest     Kind = "invalid-request"
	KindMalformed          Kind = "malformed" // answered as invalid-request with status 400
	KindUnauthenticated    Kind = "unauthenticated"
	KindInvalidToken       Kind = "invalid-token"
	KindNoSession          Kind = "no-session"
	KindSessionExpired     Kind = "session-expired"
	KindSessionRevoked     Kind = "session-revoked"
	KindRefreshTokenReused Kind = "refresh-token-reused"
	KindInvalidCredentials Kind = "invalid-credentials"
	KindForbidden          Kind = "forbidden"
	KindWrongScope         Kind = "wrong-scope"
	KindCrossOrigin        Kind = "cross-origin"
	KindSignupClosed       Kind = "signup-closed"
	KindNotFound           Kind = "not-found"
	KindLinkInvalid        Kind = "link-invalid"
	KindMethodNotAllowed   Kind = "method-not-allowed"
	KindEmailTaken         Kind = "email-taken"
	KindLastOwner          Kind = "last-owner"
	KindGenerationMoved    Kind = "generation-moved"
	KindSessionLimit       Kind = "session-limit"
	KindNoPassword         Kind = "no-password"
	KindIdempotencySpent   Kind = "idempotency-spent"
	KindOtherSession       Kind = "other-session"
	KindStale              Kind = "stale"
	KindTooLarge           Kind = "too-large"
	KindUnsupportedMedia   Kind = "unsupported-media-type"
	KindRateLimited        Kind = "rate-limited"
	KindInternal           Kind = "internal"
	KindUnavailable        Kind = "unavailable"
)

// FieldError names one member of a request that was refused, and why. The
// refused value is never in it.
type FieldError struct {
	Field  string
	Detail string
}

// Error is an error that may be told to the caller. Anything that is not an
// *Error is internal: logged, and answered without a word of it.
type Error struct {
	Kind   Kind
	Detail string // safe to show to whoever asked
	Fields []FieldError
	// Reason is set for ended sessions: why the session ended.
	Reason Reason
	// RetryAfter is set for rate-limited and unavailable: when to come back.
	RetryAfter time.Duration
	// Generation and SessionID are set for generation-moved: the presented
	// token's own.
	Generation uint32
	SessionID  ID
	// Scope is set for wrong-scope: the scope that the key would need.
	Scope Scope
	// Cause is for the operator's log and never for the caller.
	Cause error
}

// Error is the operator's text: kind, detail and cause.
func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the operator's cause.
func (e *Error) Unwrap() error { return e.Cause }

// NewError makes an error of a kind with a sentence for the caller: fixed, or
// built from values that are safe to show.
func NewError(kind Kind, detail string) *Error { return &Error{Kind: kind, Detail: detail} }

// Invalid refuses one member of a request.
func Invalid(field, detail string) *Error {
	return &Error{Kind: KindInvalidRequest, Detail: detail, Fields: []FieldError{{Field: field, Detail: detail}}}
}

// InvalidFields refuses several members; the first is the summary. It returns
// nil when there are none, to be compared before it becomes an error: as an
// error value that nil would not be nil.
func InvalidFields(fields []FieldError) *Error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalidRequest, Detail: fields[0].Detail, Fields: fields}
}

// Unavailable says that a dependency did not answer; nothing was changed that
// the caller may rely on.
func Unavailable(cause error) *Error {
	return &Error{Kind: KindUnavailable, Detail: "Curfew cannot reach its store right now. Try again in a moment.",
		RetryAfter: time.Second, Cause: cause}
}

// KindOf is the kind of err, or KindInternal for an error that is none of ours.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// ErrNotFound is what a store's single-row reads return when there is no row.
var ErrNotFound = errors.New("no such row")
