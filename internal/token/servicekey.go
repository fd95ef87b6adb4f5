package token

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	serviceKeyPrefix = "cfk_"
	serviceKeyBody   = 16 + 32 // id, secret
)

var serviceKeyFrame = frame{prefix: serviceKeyPrefix, size: serviceKeyBody}

// NewServiceKey makes the text of a service key with a secret of 256 random
// bits, and the hash under which the store keeps it:
//
//	cfk_ base64url( id 16B | secret 32B ) + checksum
//
// A hash without salt or stretching is enough for a secret that nobody can
// guess, and cheap enough to be computed at every request.
func NewServiceKey(id curfew.ID) (text string, hash [32]byte) {
	var space [serviceKeyBody]byte
	body := append(space[:0], id[:]...)[:serviceKeyBody]
	rand.Read(body[16:])
	return serviceKeyFrame.encode(body), sha256.Sum256(body)
}

// ParseServiceKey reads the text of a service key. Anything that NewServiceKey
// does not make is ErrInvalid.
func ParseServiceKey(text string) (id curfew.ID, hash [32]byte, err error) {
	var body [serviceKeyBody]byte
	if !serviceKeyFrame.decode(body[:], text) {
		return id, hash, ErrInvalid
	}
	return curfew.ID(body[:16]), sha256.Sum256(body[:]), nil
}

// ServiceKeyMatches reports whether a hash is that of a key's newest text, or
// of the one before while that still works.
func ServiceKeyMatches(key curfew.ServiceKey, hash [32]byte, now time.Time) bool {
	newest := subtle.ConstantTimeCompare(hash[:], key.SecretHash[:])
	previous := subtle.ConstantTimeCompare(hash[:], key.PreviousHash[:])
	return newest == 1 || previous == 1 && now.Before(key.PreviousUntil)
}
