package token

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxAccessToken bounds what a stranger can make us look at; ours have
	// about 900 bytes with Ed25519.
	maxAccessToken = 8 << 10

	// maxClockSkew is how far in the future another node may have issued a
	// token.
	maxClockSkew = time.Minute
)

// Verifier judges access tokens for one issuer and one audience.
type Verifier struct {
	ring             *KeyRing
	issuer, audience string
	verified         *verifiedCache
}

// DefaultCacheSize is a sensible number of verified tokens to remember; full,
// it takes a few megabytes.
const DefaultCacheSize = 10_000

// NewVerifier refuses to work without an issuer and an audience (ASVS 9.2.3).
// It remembers at most cacheSize verified tokens; 0 remembers none.
func NewVerifier(ring *KeyRing, issuer, audience string, cacheSize int) (*Verifier, error) {
	if err := checkParties(issuer, audience); err != nil {
		return nil, err
	}
	return &Verifier{ring: ring, issuer: issuer, audience: audience, verified: newVerifiedCache(cacheSize)}, nil
}

// Issuer is whose tokens it takes, and Audience for whom they must be.
func (v *Verifier) Issuer() string   { return v.issuer }
func (v *Verifier) Audience() string { return v.audience }

// Verify tells what a token says, if it is genuine and in force at now:
// signed by a key of the ring, for this issuer and audience, issued at most a
// minute in the future, and not at or past its exp. ErrExpired is for a token
// with no other fault than its age; anything else is ErrInvalid.
//
// It says nothing about revocation: the session is alive or not in the store.
func (v *Verifier) Verify(token string, now time.Time) (Claims, error) {
	if len(token) > maxAccessToken {
		return Claims{}, invalid("too long")
	}
	keys := v.ring.load()
	id := cacheID(token)
	if hit, ok := v.verified.get(id); ok {
		// The key may have left the ring since, and time has passed.
		if err := hit.inForce(keys, now); err != nil {
			return Claims{}, err
		}
		hit.claims.AMR = slices.Clone(hit.claims.AMR)
		return hit.claims, nil
	}
	fresh, err := v.open(token, keys)
	if err != nil {
		return Claims{}, err
	}
	if err := fresh.inForce(keys, now); err != nil {
		return Claims{}, err
	}
	v.verified.put(id, fresh)
	fresh.claims.AMR = slices.Clone(fresh.claims.AMR)
	return fresh.claims, nil
}

// verified is a token whose signature and claims were found to be right. What
// remains changes with time: see inForce.
type verified struct {
	kid       string
	claims    Claims
	notBefore time.Time
}

// inForce is the part of the verdict that is never remembered.
func (t *verified) inForce(keys *keySet, now time.Time) error {
	switch key := keys.byKID[t.kid]; {
	case key == nil || key.expired(now):
		return invalid("its key is gone")
	case t.claims.IssuedAt.After(now.Add(maxClockSkew)):
		return invalid("issued in the future")
	case now.Before(t.notBefore):
		return invalid("not valid yet")
	case !now.Before(t.claims.ExpiresAt):
		return ErrExpired
	}
	return nil
}

// open checks signature and claims, in this order: nothing of a token is
// parsed before its signature is found to be ours (ASVS 9.1.1).
//
// The header is not parsed at all. It must be, byte for byte, the one that we
// write for a key of the ring. That pins kid, alg and typ together (ASVS
// 9.1.2, 9.2.2; RFC 8725, sections 3.1 and 3.11): the algorithm comes from the
// key and never from the token, and jku, jwk, x5u, x5c, crit or any other
// member cannot be there (ASVS 9.1.3).
func (v *Verifier) open(token string, keys *keySet) (verified, error) {
	header, rest, _ := strings.Cut(token, ".")
	key := keys.byHeader[header]
	if key == nil {
		return verified{}, invalid("not a header of ours, or its key is gone")
	}
	body, signed, ok := strings.Cut(rest, ".")
	// The decoder would skip line breaks, and the token have many forms.
	if !ok || strings.ContainsAny(rest, "\r\n") {
		return verified{}, invalid("not a token")
	}
	signature, err := base64url.DecodeString(signed)
	if err != nil {
		return verified{}, invalid("not a token")
	}
	if key.method.Verify(token[:len(header)+1+len(body)], signature, key.Public) != nil {
		return verified{}, invalid("wrong signature")
	}

	text, err := base64url.DecodeString(body)
	if err != nil {
		return verified{}, invalid("unreadable claims")
	}
	var p payload
	if json.Unmarshal(text, &p) != nil {
		return verified{}, invalid("unreadable claims")
	}
	if p.Issuer != v.issuer {
		return verified{}, invalid("another issuer's")
	}
	if !slices.Contains(p.Audience, v.audience) {
		return verified{}, invalid("for another audience")
	}
	if missing := p.complete(); missing != "" {
		return verified{}, invalid("no proper " + missing)
	}
	return verified{kid: key.KID, claims: p.claims(), notBefore: unix(p.NotBefore)}, nil
}

// invalid gives a reason for the operator's log: fixed words, nothing of the
// token.
func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }
