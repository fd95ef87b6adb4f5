package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	refreshPrefix  = "cfr_"
	refreshPayload = 16 + 16 + 4 + 16 // account, session, generation, secret
)

// Refresh is what a refresh token says.
type Refresh struct {
	AccountID  curfew.ID
	SessionID  curfew.ID
	Generation uint32
	Secret     RefreshSecret
}

// RefreshSecret is drawn once, at sign-in, and stays the same through all
// generations of a session. The store holds only its hash (ASVS 7.2.3).
type RefreshSecret [16]byte

// NewRefresh is the first generation of a session's refresh token, with a
// fresh secret of 128 random bits.
func NewRefresh(accountID, sessionID curfew.ID) Refresh {
	r := Refresh{AccountID: accountID, SessionID: sessionID, Generation: 1}
	rand.Read(r.Secret[:])
	return r
}

// SecretHash is the SHA-256 of the secret: what the store holds.
func (r Refresh) SecretHash() [32]byte { return sha256.Sum256(r.Secret[:]) }

// Successor is the next generation. It is computed and not drawn, so every
// retry of a rotation gives the same one, and a session never forks.
func (r Refresh) Successor() Refresh {
	r.Generation++
	return r
}

// HashAttempt is the SHA-256 of the name that a client gave to one attempt to
// rotate; nil for none, so that none equals only none.
func HashAttempt(attempt string) []byte {
	if attempt == "" {
		return nil
	}
	hash := sha256.Sum256([]byte(attempt))
	return hash[:]
}

// Format keeps the secret out of every log and error, whatever the verb.
func (RefreshSecret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText keeps the secret out of JSON and structured logs.
func (RefreshSecret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// RefreshCodec writes and reads refresh tokens:
//
//	cfr_ base64url( version 1B | key id 1B | account id 16B | session id 16B |
//	                generation 4B | secret 16B | mac 16B ) + checksum
//
// Neither a stolen database (no secret, no key) nor a stolen key alone (no
// secret) makes a token. A RefreshCodec is safe for concurrent use.
type RefreshCodec struct{ stamped stampedFrame }

// NewRefreshCodec makes the codec of an installation.
func NewRefreshCodec(secrets *Secrets) *RefreshCodec {
	return &RefreshCodec{newStampedFrame(refreshPrefix, refreshPayload, secrets, PurposeRefresh)}
}

// Encode is the text of a token, always under the current key. So a retry
// across a restart with a new secret differs from the first answer in key id
// and MAC only: generation and secret are the same, and nothing forks.
func (c *RefreshCodec) Encode(r Refresh) string {
	var space [refreshPayload]byte
	payload := append(space[:0], r.AccountID[:]...)
	payload = append(payload, r.SessionID[:]...)
	payload = binary.BigEndian.AppendUint32(payload, r.Generation)
	payload = append(payload, r.Secret[:]...)
	return c.stamped.encode(payload)
}

// Decode reads a token that Encode made, under the current key or a previous
// one. Anything else is ErrInvalid, whatever is wrong with it. It looks at the
// text alone: whether session and secret exist is for the store to say.
func (c *RefreshCodec) Decode(text string) (Refresh, error) {
	var payload [refreshPayload]byte
	if !c.stamped.decode(payload[:], text) {
		return Refresh{}, ErrInvalid
	}
	return Refresh{
		AccountID:  curfew.ID(payload[0:16]),
		SessionID:  curfew.ID(payload[16:32]),
		Generation: binary.BigEndian.Uint32(payload[32:36]),
		Secret:     RefreshSecret(payload[36:52]),
	}, nil
}
