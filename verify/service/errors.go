package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The types of refusal that a caller is likely to tell apart. There are more; the
// page at Curfew's /problems lists them.
const (
	TypeInvalidRequest   = "invalid-request"   // Fields say what is wrong
	TypeInvalidToken     = "invalid-token"     // the service key is not valid
	TypeWrongScope       = "wrong-scope"       // Scope is the one that the key needs
	TypeNotFound         = "not-found"         // no such account, person or session
	TypeStale            = "stale"             // somebody changed it after the ETag that was named
	TypeSessionLimit     = "session-limit"     // the person has as many sessions as the policy allows
	TypeIdempotencySpent = "idempotency-spent" // the session that was started before is over, or in use
	TypeRateLimited      = "rate-limited"
	TypeUnavailable      = "unavailable" // nothing was done that may be relied on
)

// Error is a refusal by Curfew.
type Error struct {
	Status int    // of HTTP
	Type   string // such as TypeNotFound; "" for an answer that is not Curfew's
	Title  string
	Detail string // in words for people
	// RequestID is that of the request, for Curfew's log.
	RequestID string
	// Fields are the members of the request that were refused.
	Fields []FieldError
	// Scope is what the key would need, for TypeWrongScope.
	Scope string
	// RetryAfter is when to try again, 0 where the server does not say.
	RetryAfter time.Duration
}

// FieldError is one member of a request that was refused.
type FieldError struct {
	Field  string `json:"field"` // "" for one that is not known
	Detail string `json:"detail"`
}

// Error says what went wrong, for logs. No token and no key is ever in it.
func (e *Error) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("service: status %d, and no word of Curfew's", e.Status)
	}
	return fmt.Sprintf("service: %s (%d): %s", e.Type, e.Status, e.Detail)
}

// IsType reports whether an error is a refusal of a type.
func IsType(err error, kind string) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Type == kind
}

// problem reads a refusal.
func problem(answer *http.Response, text []byte) error {
	refused := &Error{Status: answer.StatusCode, RetryAfter: retryAfter(answer.Header)}
	var p struct {
		Type, Title, Detail, Instance, Scope string
		Errors                               []FieldError
	}
	if json.Unmarshal(text, &p) != nil {
		return refused
	}
	kind, ours := strings.CutPrefix(p.Type, "/problems/")
	if !ours {
		return refused
	}
	refused.Type, refused.Title, refused.Detail, refused.RequestID, refused.Scope, refused.Fields = kind, p.Title, p.Detail, p.Instance, p.Scope, p.Errors
	return refused
}

// noAnswer is a request to which no answer came.
type noAnswer struct{ cause error }

func (e *noAnswer) Error() string { return "service: Curfew cannot be reached: " + e.cause.Error() }
func (e *noAnswer) Unwrap() error { return e.cause }

var errNoAnswer = errors.New("no answer in time")

// unanswered is why no answer came, without the request's address.
func unanswered(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &noAnswer{cause}
	}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return &noAnswer{err}
}
