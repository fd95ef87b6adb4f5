package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The signing algorithms (RFC 7518, RFC 8037). The list is closed: nothing
// symmetric and no "none" (ASVS 9.1.2; RFC 8725, sections 3.1 and 3.2).
const (
	AlgEdDSA = "EdDSA" // Ed25519, the default
	AlgES256 = "ES256" // P-256
	AlgRS256 = "RS256" // RSA with 3072 bits, for clients that know nothing newer
)

var methods = map[string]jwt.SigningMethod{
	AlgEdDSA: jwt.SigningMethodEdDSA,
	AlgES256: jwt.SigningMethodES256,
	AlgRS256: jwt.SigningMethodRS256,
}

// rsaBits is what 128 bits of security take (ASVS 11.2.3).
const rsaBits = 3072

// SigningKey signs access tokens.
type SigningKey struct {
	KID     string // RFC 7638 thumbprint, so it names exactly one key
	Alg     string
	Public  crypto.PublicKey
	Private crypto.Signer `json:"-"` // nil for a key that only verifies

	CreatedAt time.Time
	// ActiveAt is when it may start to sign. It is published before, so that
	// every verifier has it by then.
	ActiveAt time.Time
	// RetiredAt is when a newer key took over; zero for never. A KeyRing fills
	// it in; it is not stored.
	RetiredAt time.Time
	// ExpiresAt is when it stops being published and believed; zero for never.
	// Whoever retires a key sets it past the exp of the last token it signed.
	ExpiresAt time.Time
}

// GenerateSigningKey makes a key that may sign from now on and never expires.
// The caller sets ActiveAt later to publish it ahead of use.
func GenerateSigningKey(alg string, now time.Time) (SigningKey, error) {
	private, err := generatePrivate(alg)
	if err != nil {
		return SigningKey{}, err
	}
	jwk, err := newJWK(alg, private.Public())
	if err != nil {
		return SigningKey{}, err
	}
	return SigningKey{
		KID: jwk.KID, Alg: alg, Public: private.Public(), Private: private,
		CreatedAt: now, ActiveAt: now,
	}, nil
}

func generatePrivate(alg string) (crypto.Signer, error) {
	switch alg {
	case AlgEdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case AlgES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case AlgRS256:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	default:
		return nil, fmt.Errorf("no such signing algorithm: %q; use %s, %s or %s", alg, AlgEdDSA, AlgES256, AlgRS256)
	}
}

// Format keeps the private key out of every log and error, whatever the verb.
func (k SigningKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.Alg+" signing key "+k.KID)
}

// expired reports whether the key is no longer published or believed.
func (k *SigningKey) expired(now time.Time) bool {
	return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt)
}

// SealedKey is a signing key as the store holds it.
type SealedKey struct {
	KID       string
	Alg       string
	Public    []byte // PKIX, DER
	Sealed    []byte // PKCS #8, sealed
	CreatedAt time.Time
	ActiveAt  time.Time
	ExpiresAt time.Time
}

// SealSigningKey makes the stored form of a key, sealed under the current
// secret and tied to its kid.
func (s *Secrets) SealSigningKey(key SigningKey) (SealedKey, error) {
	public, err := x509.MarshalPKIXPublicKey(key.Public)
	if err != nil {
		return SealedKey{}, fmt.Errorf("cannot store signing key %s: %w", key.KID, err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key.Private)
	if err != nil {
		return SealedKey{}, fmt.Errorf("cannot store signing key %s: %w", key.KID, err)
	}
	defer clear(private)
	return SealedKey{
		KID: key.KID, Alg: key.Alg, Public: public, Sealed: s.Seal(private, signingKeyContext(key.KID)),
		CreatedAt: key.CreatedAt, ActiveAt: key.ActiveAt, ExpiresAt: key.ExpiresAt,
	}, nil
}

// OpenSigningKey reverses SealSigningKey. A row sealed under a secret that is
// gone wraps ErrWrongSecret; so does one whose sealed part was altered or
// moved to another row. It refuses a row whose parts do not belong together.
func (s *Secrets) OpenSigningKey(row SealedKey) (SigningKey, error) {
	fail := func(err error) (SigningKey, error) {
		return SigningKey{}, fmt.Errorf("cannot open signing key %s: %w", row.KID, err)
	}
	der, err := s.Open(row.Sealed, signingKeyContext(row.KID))
	if err != nil {
		return fail(err)
	}
	defer clear(der)
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return fail(err)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return fail(errors.New("it cannot sign"))
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return fail(err)
	}
	jwk, err := newJWK(row.Alg, private.Public())
	if err != nil {
		return fail(err)
	}
	if jwk.KID != row.KID || string(public) != string(row.Public) {
		return fail(errors.New("its public and private parts do not belong together"))
	}
	return SigningKey{
		KID: row.KID, Alg: row.Alg, Public: private.Public(), Private: private,
		CreatedAt: row.CreatedAt, ActiveAt: row.ActiveAt, ExpiresAt: row.ExpiresAt,
	}, nil
}

func signingKeyContext(kid string) []byte { return []byte("signing key " + kid) }
