// Package token makes and judges every credential that Curfew hands out:
// refresh tokens, access tokens, one-time links and the known-browser cookie,
// together with the secrets and signing keys behind them.
//
// It decides from the credential alone whether Curfew made it. Whether a
// session is still alive is not its business, so it knows no store and reads
// no clock: every method that depends on the time takes it as an argument.
//
// Nothing in this package formats a secret: not an error, not a String method.
package token

import "errors"

var (
	// ErrInvalid is the one answer to a credential that Curfew did not make:
	// malformed, altered, of another kind, or under a key that is gone. Access
	// tokens wrap it with a reason for the operator's log that never contains
	// any part of the token.
	ErrInvalid = errors.New("invalid token")

	// ErrExpired says that an access token is genuine in every other respect
	// but its exp has come.
	ErrExpired = errors.New("token has expired")
)
