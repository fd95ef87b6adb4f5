package token

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write vectors/access-tokens.json anew")

const vectorFile = "../../vectors/access-tokens.json"

// vectors is the file that every verifier of access tokens is tested with, in
// whatever language.
type vectors struct {
	About           string            `json:"about"`
	Issuer          string            `json:"issuer"`
	Audience        string            `json:"audience"`
	MaxSkewSeconds  int               `json:"max_clock_skew_seconds"`
	JWKS            JWKS              `json:"jwks"`
	PrivateSeedsHex map[string]string `json:"private_seeds_hex"`
	Vectors         []vector          `json:"vectors"`
}

type vector struct {
	Name    string          `json:"name"`
	Note    string          `json:"note"`
	NowMS   int64           `json:"now_ms"`
	Outcome string          `json:"outcome"`
	Claims  json.RawMessage `json:"claims,omitempty"`
	Token   string          `json:"token"`
}

func TestAccessVectors(t *testing.T) {
	want, err := json.MarshalIndent(makeVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Error("vectors/access-tokens.json is not what the code makes; run: go test ./internal/token -run TestAccessVectors -update")
	}

	// From here on only the file counts: the keys are those of its JWKS.
	var file vectors
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var keys []SigningKey
	for _, jwk := range file.JWKS.Keys {
		x, err := base64.RawURLEncoding.DecodeString(jwk.X)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, SigningKey{KID: jwk.KID, Alg: jwk.Alg, Public: ed25519.PublicKey(x)})
	}
	verifier, err := NewVerifier(newRing(t, keys...), file.Issuer, file.Audience, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		got, err := verifier.Verify(v.Token, time.UnixMilli(v.NowMS))
		outcome := "ok"
		switch {
		case errors.Is(err, ErrExpired):
			outcome = "expired"
		case errors.Is(err, ErrInvalid):
			outcome = "invalid"
		}
		if outcome != v.Outcome {
			t.Errorf("%s: %s (%v), want %s", v.Name, outcome, err, v.Outcome)
		}
		if outcome != "ok" {
			continue
		}
		var claims struct {
			Sub, Sid string
			Exp      int64
		}
		if err := json.Unmarshal(v.Claims, &claims); err != nil {
			t.Fatal(err)
		}
		if got.UserID.String() != claims.Sub || got.SessionID.String() != claims.Sid || got.ExpiresAt.Unix() != claims.Exp {
			t.Errorf("%s: %+v, want %s", v.Name, got, v.Claims)
		}
	}
}

func makeVectors(t *testing.T) vectors {
	current, retired, stranger := seededKey(t, 1), seededKey(t, 2), seededKey(t, 3)
	now := time.Unix(1_772_600_000, 0).UTC()
	c := testClaims()
	c.IssuedAt, c.ExpiresAt, c.AuthTime = now, now.Add(5*time.Minute), now.Add(-time.Hour)
	c.IdleExpiresAt, c.AbsoluteExpiresAt = now.Add(24*time.Hour), now.Add(48*time.Hour)
	current.ActiveAt, retired.ActiveAt = now, now.Add(-time.Hour)
	ring := newRing(t, current, retired)

	seed := func(k SigningKey) string { return hex.EncodeToString(k.Private.(ed25519.PrivateKey).Seed()) }
	file := vectors{
		About: "Access tokens and what a verifier makes of them at now_ms (Unix milliseconds): ok, expired (no other fault) or invalid. " +
			"The private seeds are for tests only. Made by the tests of internal/token.",
		Issuer: testIssuer, Audience: testAud, MaxSkewSeconds: int(maxClockSkew.Seconds()),
		JWKS:            ring.JWKS(now),
		PrivateSeedsHex: map[string]string{current.KID: seed(current), retired.KID: seed(retired)},
	}

	good := sign(t, newSigner(t, ring), c)
	header := object{"alg": AlgEdDSA, "kid": current.KID, "typ": "at+jwt"}
	body := decodeSegment(t, good, 1)
	var claims object
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	add := func(outcome, name, note, token string, at time.Duration) {
		v := vector{Name: name, Note: note, NowMS: now.Add(at).UnixMilli(), Outcome: outcome, Token: token}
		if outcome == "ok" {
			v.Claims = decodeSegment(t, token, 1)
		}
		file.Vectors = append(file.Vectors, v)
	}
	changed := func(change object) string { return forge(t, current, header, with(claims, change)) }
	headed := func(change object) string { return forge(t, current, with(header, change), claims) }
	unsigned := segment(t, with(header, object{"alg": "none"})) + "." + segment(t, claims) + "."
	hs256 := segment(t, with(header, object{"alg": "HS256"})) + "." + segment(t, claims)
	mac := hmac.New(sha256.New, current.Public.(ed25519.PublicKey))
	mac.Write([]byte(hs256))
	hs256 += "." + base64url.EncodeToString(mac.Sum(nil))

	add("ok", "good", "as the authority makes it", good, 0)
	add("ok", "no-epochs", "ae and ue are left out when 0", changed(object{"ae": nil, "ue": nil}), 0)
	add("ok", "retired-key", "signed before a rotation, its key still published",
		forge(t, retired, with(header, object{"kid": retired.KID}), claims), 0)
	add("ok", "audience-array", "aud may be an array that has ours in it", changed(object{"aud": []string{"https://other.example.com", testAud}}), 0)
	add("ok", "unknown-claim", "claims to come are ignored", changed(object{"later": true}), 0)
	add("ok", "skew-limit", "issued exactly 60 s ahead of the verifier's clock", good, -60*time.Second)
	add("invalid", "issued-in-the-future", "issued more than 60 s ahead", good, -61*time.Second)
	add("ok", "last-millisecond", "one millisecond before exp", good, 5*time.Minute-time.Millisecond)
	add("expired", "at-exp", "now >= exp is over: there is no leeway", good, 5*time.Minute)
	add("expired", "long-expired", "a year late", good, 365*24*time.Hour)
	add("invalid", "expired-elsewhere", "expired, but also for another audience: invalid wins",
		changed(object{"aud": "https://other.example.com"}), time.Hour)

	add("invalid", "alg-none", "no signature", unsigned, 0)
	add("invalid", "alg-hs256", "HMAC with the public key as the secret", hs256, 0)
	add("invalid", "alg-rs256", "RS256 in the header over an EdDSA key and signature", headed(object{"alg": "RS256"}), 0)
	add("invalid", "typ-jwt", "not an access token (RFC 9068, section 4)", headed(object{"typ": "JWT"}), 0)
	add("invalid", "typ-missing", "typ is required", headed(object{"typ": nil}), 0)
	add("invalid", "kid-missing", "kid is required", headed(object{"kid": nil}), 0)
	add("invalid", "kid-unknown", "signed by a key that is not in the JWKS",
		forge(t, stranger, with(header, object{"kid": stranger.KID}), claims), 0)
	add("invalid", "kid-of-another", "the current key's kid over another key's signature", forge(t, retired, header, claims), 0)
	add("invalid", "jku", "a token names no keys (ASVS 9.1.3)", headed(object{"jku": "https://evil.example/jwks.json"}), 0)
	add("invalid", "jwk", "a token brings no keys", headed(object{"jwk": object{"kty": "OKP", "crv": "Ed25519", "x": file.JWKS.Keys[0].X}}), 0)
	add("invalid", "crit", "no extensions are understood (RFC 7515, section 4.1.11)", headed(object{"crit": []string{"exp"}}), 0)

	add("invalid", "issuer", "compared byte for byte", changed(object{"iss": testIssuer + "/"}), 0)
	add("invalid", "audience", "for another service", changed(object{"aud": "https://other.example.com"}), 0)
	add("invalid", "audience-array-without-ours", "for several others", changed(object{"aud": []string{"a", "b", testAud + "/"}}), 0)
	add("invalid", "no-audience", "aud is required", changed(object{"aud": nil}), 0)
	add("invalid", "no-exp", "exp is required", changed(object{"exp": nil}), 0)
	add("invalid", "no-iat", "iat is required", changed(object{"iat": nil}), 0)
	add("invalid", "no-sid", "without sid it could not be revoked", changed(object{"sid": nil}), 0)
	add("invalid", "no-account", "account_id is required", changed(object{"account_id": nil}), 0)

	add("invalid", "claims-altered", "another role under the same signature",
		segment(t, header)+"."+segment(t, with(claims, object{"role": "member"}))+good[len(good)-87:], 0)
	add("invalid", "truncated", "the last character is missing", good[:len(good)-1], 0)
	add("invalid", "trailing-bits", "the signature's spare bits are not zero", good[:len(good)-1]+string(good[len(good)-1]+1), 0)
	add("invalid", "padded", "base64 with padding", good+"==", 0)
	add("invalid", "newline", "a line break at the end", good+"\n", 0)
	add("invalid", "four-parts", "a fourth part", good+".e30", 0)
	add("invalid", "empty", "nothing", "", 0)
	return file
}

func decodeSegment(t testing.TB, token string, part int) []byte {
	t.Helper()
	raw, err := base64url.DecodeString(string(bytes.Split([]byte(token), []byte("."))[part]))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
