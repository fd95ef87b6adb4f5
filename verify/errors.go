package verify

import (
	"errors"
	"fmt"
)

// The kinds of refusal. Every error of [Verifier.Verify] is one of them; its
// text is for logs, and holds no part of the token.
var (
	// ErrMissing: the request carries no bearer token.
	ErrMissing = errors.New("verify: no access token")
	// ErrInvalid: not a token of this authority for this audience.
	ErrInvalid = errors.New("verify: invalid access token")
	// ErrExpired: a token with no fault but its age.
	ErrExpired = errors.New("verify: access token has expired")
	// ErrRevoked: the token's session has ended.
	ErrRevoked = errors.New("verify: the session has ended")
	// ErrUnavailable: whether the token is good cannot be told at the moment.
	// The token is not at fault, so clients should try again, and not sign in.
	ErrUnavailable = errors.New("verify: the authority is needed and does not answer")
)

// makeKey is what to do about a missing or refused key.
const makeKey = `create one with "curfew service-keys create --scope revocations:read --name NAME"`

// invalid gives a reason in fixed words, nothing of the token.
func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }

func unavailable(reason string) error { return fmt.Errorf("%w: %s", ErrUnavailable, reason) }
