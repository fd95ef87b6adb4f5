package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestGenerateSigningKey(t *testing.T) {
	for _, alg := range []string{AlgEdDSA, AlgES256} {
		key, other := newKey(t, alg, testNow), newKey(t, alg, testNow)
		if key.Alg != alg || key.KID == other.KID || len(key.KID) != 43 || key.CreatedAt != testNow || key.ActiveAt != testNow || !key.ExpiresAt.IsZero() {
			t.Errorf("%v", key)
		}
	}
	if key := newKey(t, AlgRS256, testNow); key.Public.(*rsa.PublicKey).N.BitLen() != 3072 {
		t.Error("ASVS 11.2.3 asks for 3072 bits")
	}
	for _, alg := range []string{"", "none", "HS256", "PS256", "ES384", "eddsa"} {
		if _, err := GenerateSigningKey(alg, testNow); err == nil {
			t.Errorf("a key for %q", alg)
		}
	}
}

// TestThumbprint has the examples of RFC 7638, section 3.1, and RFC 8037,
// appendix A.3.
func TestThumbprint(t *testing.T) {
	tests := []struct {
		jwk  JWK
		want string
	}{
		{JWK{KTY: "RSA", E: "AQAB", N: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"},
			"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		{JWK{KTY: "OKP", CRV: "Ed25519", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
			"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	}
	for _, tt := range tests {
		if got := tt.jwk.thumbprint(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.jwk.KTY, got, tt.want)
		}
	}
}

// TestJWKSIsUnderstoodElsewhere reads the document with the standard library
// alone and checks a signature with what it finds.
func TestJWKSIsUnderstoodElsewhere(t *testing.T) {
	keys := []SigningKey{
		newKey(t, AlgEdDSA, testNow), newKey(t, AlgES256, testNow.Add(-time.Minute)), newKey(t, AlgRS256, testNow.Add(-time.Hour)),
	}
	document, err := json.Marshal(newRing(t, keys...).JWKS(testNow))
	if err != nil {
		t.Fatal(err)
	}
	var jwks struct{ Keys []map[string]string }
	if err := json.Unmarshal(document, &jwks); err != nil || len(jwks.Keys) != 3 {
		t.Fatalf("%s: %v", document, err)
	}
	number := func(text string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(raw)
	}
	wantMembers := []map[string]bool{
		{"kty": true, "use": true, "alg": true, "kid": true, "crv": true, "x": true},
		{"kty": true, "use": true, "alg": true, "kid": true, "crv": true, "x": true, "y": true},
		{"kty": true, "use": true, "alg": true, "kid": true, "n": true, "e": true},
	}
	for i, jwk := range jwks.Keys {
		members := map[string]bool{}
		for name := range jwk {
			members[name] = true
		}
		if !reflect.DeepEqual(members, wantMembers[i]) || jwk["use"] != "sig" || jwk["alg"] != keys[i].Alg || jwk["kid"] != keys[i].KID {
			t.Errorf("%v", jwk)
		}
		var equal bool
		switch public := keys[i].Public.(type) {
		case ed25519.PublicKey:
			x, err := base64.RawURLEncoding.DecodeString(jwk["x"])
			if err != nil || jwk["kty"] != "OKP" || jwk["crv"] != "Ed25519" {
				t.Errorf("%v, %v", jwk, err)
			}
			text := sign(t, newSigner(t, newRing(t, keys[i])), testClaims())
			dot := strings.LastIndexByte(text, '.')
			signature, err := base64.RawURLEncoding.DecodeString(text[dot+1:])
			if err != nil || !ed25519.Verify(x, []byte(text[:dot]), signature) {
				t.Errorf("crypto/ed25519 does not verify with the published key: %v", err)
			}
			equal = public.Equal(ed25519.PublicKey(x))
		case *ecdsa.PublicKey:
			x, y := number(jwk["x"]).FillBytes(make([]byte, 32)), number(jwk["y"]).FillBytes(make([]byte, 32))
			point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
			equal = err == nil && jwk["kty"] == "EC" && jwk["crv"] == "P-256" && len(jwk["x"]) == 43 && len(jwk["y"]) == 43 && public.Equal(point)
		case *rsa.PublicKey:
			equal = jwk["kty"] == "RSA" && jwk["e"] == "AQAB" &&
				public.Equal(&rsa.PublicKey{N: number(jwk["n"]), E: int(number(jwk["e"]).Int64())})
		}
		if !equal {
			t.Errorf("%s: the published key is another", keys[i].Alg)
		}
	}
	if empty, _ := json.Marshal(new(KeyRing).JWKS(testNow)); string(empty) != `{"keys":[]}` {
		t.Errorf("empty: %s", empty)
	}
}

func TestKeyRingOverTime(t *testing.T) {
	at := func(hours int) time.Time { return testNow.Add(time.Duration(hours) * time.Hour) }
	first, second, third := seededKey(t, 1), seededKey(t, 2), seededKey(t, 3)
	first.ActiveAt, first.ExpiresAt = at(0), at(12)
	second.ActiveAt, second.ExpiresAt = at(10), at(22)
	third.ActiveAt = at(20)
	ring := newRing(t, second, third, first)
	µs := time.Microsecond
	tests := []struct {
		now       time.Time
		current   string
		published []string
	}{
		{at(0).Add(-µs), "", []string{third.KID, second.KID, first.KID}},
		{at(0), first.KID, []string{third.KID, second.KID, first.KID}},
		{at(10).Add(-µs), first.KID, []string{third.KID, second.KID, first.KID}},
		{at(10), second.KID, []string{third.KID, second.KID, first.KID}},
		{at(12).Add(-µs), second.KID, []string{third.KID, second.KID, first.KID}},
		{at(12), second.KID, []string{third.KID, second.KID}},
		{at(20), third.KID, []string{third.KID, second.KID}},
		{at(22), third.KID, []string{third.KID}},
		{at(99999), third.KID, []string{third.KID}},
	}
	for _, tt := range tests {
		current, err := ring.Current(tt.now)
		if current.KID != tt.current || (tt.current == "") != errors.Is(err, ErrNoSigningKey) {
			t.Errorf("%v: current is %v, %v", tt.now, current, err)
		}
		var kids, jwks []string
		for _, key := range ring.Published(tt.now) {
			kids = append(kids, key.KID)
		}
		for _, jwk := range ring.JWKS(tt.now).Keys {
			jwks = append(jwks, jwk.KID)
		}
		if !reflect.DeepEqual(kids, tt.published) || !reflect.DeepEqual(jwks, tt.published) {
			t.Errorf("%v: published %v, %v", tt.now, kids, jwks)
		}
	}
	for kid, retired := range map[string]time.Time{first.KID: at(10), second.KID: at(20), third.KID: {}} {
		if key, ok := ring.ByKID(kid); !ok || !key.RetiredAt.Equal(retired) {
			t.Errorf("retired at %v, want %v", key.RetiredAt, retired)
		}
	}
	if _, ok := ring.ByKID("another"); ok {
		t.Error("found a key that is not there")
	}

	// When the newest has expired without a successor, an older one may serve.
	third.ExpiresAt, second.ExpiresAt = at(21), time.Time{}
	if current, _ := newRing(t, first, second, third).Current(at(21)); current.KID != second.KID {
		t.Errorf("current is %v", current)
	}
	// A key without its private half never signs.
	third.ExpiresAt, third.Private = time.Time{}, nil
	if current, _ := newRing(t, second, third).Current(at(21)); current.KID != second.KID {
		t.Errorf("current is %v", current)
	}
	// Nodes agree on the newest however they read the rows.
	second.ActiveAt, second.ExpiresAt, first.ActiveAt, first.ExpiresAt = at(0), time.Time{}, at(0), time.Time{}
	one, _ := newRing(t, first, second).Current(at(1))
	two, _ := newRing(t, second, first).Current(at(1))
	if one.KID != two.KID {
		t.Error("a tie is decided by the order of rows")
	}
}

func TestReplaceRefuses(t *testing.T) {
	good := seededKey(t, 1)
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	change := func(alter func(*SigningKey)) SigningKey {
		key := seededKey(t, 2)
		alter(&key)
		return key
	}
	ring := newRing(t, good)
	for name, bad := range map[string]SigningKey{
		"twice":            good,
		"no key":           {},
		"alg none":         change(func(k *SigningKey) { k.Alg = "none" }),
		"alg HS256":        change(func(k *SigningKey) { k.Alg = "HS256" }),
		"alg of another":   change(func(k *SigningKey) { k.Alg = AlgRS256 }),
		"kid of another":   change(func(k *SigningKey) { k.KID = good.KID }),
		"kid made up":      change(func(k *SigningKey) { k.KID = "key-1" }),
		"symmetric":        change(func(k *SigningKey) { k.Public = []byte("secret") }),
		"short Ed25519":    change(func(k *SigningKey) { k.Public = ed25519.PublicKey("short") }),
		"RSA of 2048 bits": change(func(k *SigningKey) { k.Alg, k.Public = AlgRS256, &small.PublicKey }),
		"P-384":            change(func(k *SigningKey) { k.Alg, k.Public = AlgES256, &p384.PublicKey }),
	} {
		if err := ring.Replace([]SigningKey{good, bad}); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if current, err := ring.Current(testNow); err != nil || current.KID != good.KID || len(ring.Published(testNow)) != 1 {
			t.Fatalf("%s: a refused set changed the ring", name)
		}
	}
}

// sameKey compares keys by their values: how a private RSA key keeps its numbers may
// differ between one that was made and one that was read.
func sameKey(a, b SigningKey) bool {
	private, public := a.Private.(interface{ Equal(crypto.PrivateKey) bool }), a.Public.(interface{ Equal(crypto.PublicKey) bool })
	same := private.Equal(b.Private) && public.Equal(b.Public)
	a.Private, a.Public, b.Private, b.Public = nil, nil, nil, nil
	return same && reflect.DeepEqual(a, b)
}

func TestSealedSigningKey(t *testing.T) {
	secrets, rotated, foreign := newSecrets(t, 1), newSecrets(t, 2, 1), newSecrets(t, 3)
	for _, alg := range []string{AlgEdDSA, AlgES256, AlgRS256} {
		t.Run(alg, func(t *testing.T) {
			key := newKey(t, alg, testNow)
			key.ActiveAt, key.ExpiresAt = testNow.Add(time.Hour), testNow.Add(time.Hour*2)
			row, err := secrets.SealSigningKey(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*Secrets{secrets, rotated} {
				got, err := s.OpenSigningKey(row)
				if err != nil || !sameKey(got, key) {
					t.Errorf("%v, %v", got, err)
				}
			}
			if _, err := foreign.OpenSigningKey(row); !errors.Is(err, ErrWrongSecret) || !strings.Contains(err.Error(), key.KID) {
				t.Errorf("another secret: %v", err)
			}

			other := newKey(t, AlgEdDSA, testNow)
			otherRow, err := secrets.SealSigningKey(other)
			if err != nil {
				t.Fatal(err)
			}
			for name, alter := range map[string]func(*SealedKey){
				"kid":    func(r *SealedKey) { r.KID = other.KID },
				"alg":    func(r *SealedKey) { r.Alg = "HS256" },
				"public": func(r *SealedKey) { r.Public = otherRow.Public },
				"sealed": func(r *SealedKey) { r.Sealed = otherRow.Sealed },
				"bit":    func(r *SealedKey) { r.Sealed = bytes.Clone(r.Sealed); r.Sealed[40] ^= 1 },
				"empty":  func(r *SealedKey) { r.Sealed = nil },
			} {
				altered := row
				alter(&altered)
				if _, err := secrets.OpenSigningKey(altered); err == nil {
					t.Errorf("another %s: accepted", name)
				}
			}
		})
	}
	verifyOnly := seededKey(t, 1)
	verifyOnly.Private = nil
	if _, err := secrets.SealSigningKey(verifyOnly); err == nil {
		t.Error("sealed a key without its private half")
	}
	// Sealed properly, but something else than a signing key.
	row, _ := secrets.SealSigningKey(seededKey(t, 1))
	row.Sealed = secrets.Seal([]byte("not PKCS #8"), signingKeyContext(row.KID))
	if _, err := secrets.OpenSigningKey(row); err == nil {
		t.Error("opened something else")
	}
}
