package token

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"pgregory.net/rapid"
)

var (
	testNow    = time.Date(2026, 3, 4, 5, 6, 7, 890_123_000, time.UTC)
	testIssuer = "https://sessions.example.com"
	testAud    = "https://api.example.com"
)

func secretBytes(fill byte) []byte { return bytes.Repeat([]byte{fill}, MinSecretBytes) }

func newSecrets(t testing.TB, fills ...byte) *Secrets {
	t.Helper()
	var previous [][]byte
	for _, fill := range fills[1:] {
		previous = append(previous, secretBytes(fill))
	}
	secrets, err := NewSecrets(secretBytes(fills[0]), previous...)
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

func newKey(t testing.TB, alg string, activeAt time.Time) SigningKey {
	t.Helper()
	key, err := GenerateSigningKey(alg, activeAt)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// seededKey is the Ed25519 key of a fixed seed.
func seededKey(t testing.TB, fill byte) SigningKey {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{fill}, ed25519.SeedSize))
	jwk, err := newJWK(AlgEdDSA, private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return SigningKey{
		KID: jwk.KID, Alg: AlgEdDSA, Public: private.Public(), Private: private,
		CreatedAt: testNow.Add(-time.Hour), ActiveAt: testNow.Add(-time.Hour),
	}
}

func newRing(t testing.TB, keys ...SigningKey) *KeyRing {
	t.Helper()
	ring := new(KeyRing)
	if err := ring.Replace(keys); err != nil {
		t.Fatal(err)
	}
	return ring
}

func newSigner(t testing.TB, ring *KeyRing) *Signer {
	t.Helper()
	signer, err := NewSigner(ring, testIssuer, testAud)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func newVerifier(t testing.TB, ring *KeyRing) *Verifier {
	t.Helper()
	verifier, err := NewVerifier(ring, testIssuer, testAud, DefaultCacheSize)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func id(fill byte) curfew.ID { return curfew.ID(bytes.Repeat([]byte{fill}, 16)) }

func testClaims() Claims {
	return Claims{
		TokenID: id(1), UserID: id(2), AccountID: id(3), SessionID: id(4), Role: curfew.RoleOwner,
		IssuedAt: testNow, ExpiresAt: testNow.Add(5 * time.Minute), AuthTime: testNow.Add(-time.Hour),
		IdleExpiresAt: testNow.Add(24 * time.Hour), AbsoluteExpiresAt: testNow.Add(48 * time.Hour),
		AMR: []string{"pwd"}, AccountEpoch: 7, UserEpoch: 9,
	}
}

func sign(t testing.TB, signer *Signer, c Claims) string {
	t.Helper()
	text, err := signer.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var anyID = rapid.Custom(func(t *rapid.T) curfew.ID {
	return curfew.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
})
