package token

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrNoSigningKey says that no key of the ring may sign at that time.
var ErrNoSigningKey = errors.New("no signing key is active")

// KeyRing holds the signing keys that this installation believes in. The set
// is immutable and swapped as a whole, so readers never wait and never see
// half a rotation. The zero KeyRing is empty and ready to use.
type KeyRing struct{ set atomic.Pointer[keySet] }

type keySet struct {
	newestFirst []*ringKey
	byKID       map[string]*ringKey
	byHeader    map[string]*ringKey
}

// ringKey is a key with what can be worked out of it once.
type ringKey struct {
	SigningKey
	jwk    JWK
	method jwt.SigningMethod
	header string // the first part of every token it signs
}

// Replace swaps the whole set. A key that is unusable, not named by its
// thumbprint or there twice is an error, and the ring stays as it was.
func (r *KeyRing) Replace(keys []SigningKey) error {
	set := &keySet{byKID: make(map[string]*ringKey, len(keys)), byHeader: make(map[string]*ringKey, len(keys))}
	for _, key := range keys {
		jwk, err := newJWK(key.Alg, key.Public)
		if err != nil {
			return fmt.Errorf("signing key %q: %w", key.KID, err)
		}
		if jwk.KID != key.KID {
			return fmt.Errorf("signing key %q: its thumbprint is %q", key.KID, jwk.KID)
		}
		if set.byKID[key.KID] != nil {
			return fmt.Errorf("signing key %q: given twice", key.KID)
		}
		rk := &ringKey{SigningKey: key, jwk: jwk, method: methods[key.Alg], header: tokenHeader(key.Alg, key.KID)}
		set.byKID[key.KID] = rk
		set.byHeader[rk.header] = rk
		set.newestFirst = append(set.newestFirst, rk)
	}
	// Every node has to agree on the newest, also when two keys start at once.
	slices.SortFunc(set.newestFirst, func(a, b *ringKey) int {
		return cmp.Or(b.ActiveAt.Compare(a.ActiveAt), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.KID, a.KID))
	})
	for i, key := range set.newestFirst {
		key.RetiredAt = time.Time{}
		if i > 0 {
			key.RetiredAt = set.newestFirst[i-1].ActiveAt
		}
	}
	r.set.Store(set)
	return nil
}

var emptySet keySet

func (r *KeyRing) load() *keySet {
	if set := r.set.Load(); set != nil {
		return set
	}
	return &emptySet
}

// Current is the key to sign with: the newest of those that are active and
// have not expired. Without one it is ErrNoSigningKey.
func (r *KeyRing) Current(now time.Time) (SigningKey, error) {
	key, err := r.load().current(now)
	if err != nil {
		return SigningKey{}, err
	}
	return key.SigningKey, nil
}

func (s *keySet) current(now time.Time) (*ringKey, error) {
	for _, key := range s.newestFirst {
		if key.Private != nil && !key.ActiveAt.After(now) && !key.expired(now) {
			return key, nil
		}
	}
	return nil, ErrNoSigningKey
}

// ByKID finds a key of the ring, whatever its state.
func (r *KeyRing) ByKID(kid string) (SigningKey, bool) {
	key := r.load().byKID[kid]
	if key == nil {
		return SigningKey{}, false
	}
	return key.SigningKey, true
}

// Published are the keys that verifiers should know at that time, newest
// first: those to come, the current one, and the retired whose last token has
// not expired.
func (r *KeyRing) Published(now time.Time) []SigningKey {
	var keys []SigningKey
	for _, key := range r.load().newestFirst {
		if !key.expired(now) {
			keys = append(keys, key.SigningKey)
		}
	}
	return keys
}

// JWKS is Published for the world to see.
func (r *KeyRing) JWKS(now time.Time) JWKS {
	jwks := JWKS{Keys: []JWK{}}
	for _, key := range r.load().newestFirst {
		if !key.expired(now) {
			jwks.Keys = append(jwks.Keys, key.jwk)
		}
	}
	return jwks
}
