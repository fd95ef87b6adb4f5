package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestExpiresAt(t *testing.T) {
	second := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	far := second.Add(24 * time.Hour)
	tests := []struct {
		name           string
		now            time.Time
		idle, absolute time.Time
		want           time.Time
	}{
		{"ttl on the second", second, far, far, second.Add(5 * time.Minute)},
		{"ttl is rounded down", second.Add(999_999 * time.Microsecond), far, far, second.Add(5 * time.Minute)},
		{"idle", second, second.Add(10 * time.Second), far, second.Add(10 * time.Second)},
		{"idle is rounded down", second, second.Add(11*time.Second - time.Microsecond), far, second.Add(10 * time.Second)},
		{"absolute", second, far, second.Add(10 * time.Second), second.Add(10 * time.Second)},
		{"absolute before idle", second, second.Add(20 * time.Second), second.Add(10 * time.Second), second.Add(10 * time.Second)},
		{"idle before absolute", second, second.Add(10 * time.Second), second.Add(20 * time.Second), second.Add(10 * time.Second)},
		{"idle a microsecond before the ttl", second, second.Add(5*time.Minute - time.Microsecond), far, second.Add(5*time.Minute - time.Second)},
		{"less than a second left", second.Add(time.Millisecond), second.Add(900 * time.Millisecond), far, second},
		{"another zone", second.In(time.FixedZone("", 5400)), far, far, second.Add(5 * time.Minute)},
	}
	for _, tt := range tests {
		if got := ExpiresAt(tt.now, 5*time.Minute, tt.idle, tt.absolute); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestAccessTokenForm is the contract of the access token, read with the
// standard library alone.
func TestAccessTokenForm(t *testing.T) {
	key := seededKey(t, 1)
	text := sign(t, newSigner(t, newRing(t, key)), testClaims())
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatal(text)
	}
	read := func(part string) (members map[string]any) {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatal(err)
		}
		return members
	}
	wantHeader := map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": key.KID}
	if got := read(parts[0]); !reflect.DeepEqual(got, wantHeader) {
		t.Errorf("header %v, want %v", got, wantHeader)
	}
	seconds := func(at time.Time) float64 { return float64(at.Truncate(time.Second).Unix()) }
	want := map[string]any{
		"iss": testIssuer, "aud": testAud, "client_id": "curfew",
		"sub": id(2).String(), "sid": id(4).String(), "account_id": id(3).String(), "jti": id(1).String(),
		"role": "owner", "amr": []any{"pwd"},
		"iat": seconds(testNow), "exp": seconds(testNow.Add(5 * time.Minute)), "auth_time": seconds(testNow.Add(-time.Hour)),
		"idle_exp": seconds(testNow.Add(24 * time.Hour)), "abs_exp": seconds(testNow.Add(48 * time.Hour)),
		"ae": 7.0, "ue": 9.0,
	}
	if got := read(parts[1]); !reflect.DeepEqual(got, want) {
		t.Errorf("claims\n%v, want\n%v", got, want)
	}

	c := testClaims()
	c.AccountEpoch, c.UserEpoch, c.AMR = 0, 0, nil
	delete(want, "ae")
	delete(want, "ue")
	want["amr"] = []any{}
	text = sign(t, newSigner(t, newRing(t, key)), c)
	if got := read(strings.Split(text, ".")[1]); !reflect.DeepEqual(got, want) {
		t.Errorf("without epochs\n%v, want\n%v", got, want)
	}
}

func TestSignRefusesIncompleteClaims(t *testing.T) {
	signer := newSigner(t, newRing(t, seededKey(t, 1)))
	for name, spoil := range map[string]func(*Claims){
		"sub":        func(c *Claims) { c.UserID = curfew.ZeroID },
		"sid":        func(c *Claims) { c.SessionID = curfew.ZeroID },
		"account_id": func(c *Claims) { c.AccountID = curfew.ZeroID },
		"role":       func(c *Claims) { c.Role = "admin" },
		"exp":        func(c *Claims) { c.ExpiresAt = time.Time{} },
		"auth_time":  func(c *Claims) { c.AuthTime = time.Time{} },
		"idle_exp":   func(c *Claims) { c.IdleExpiresAt = time.Time{} },
		"abs_exp":    func(c *Claims) { c.AbsoluteExpiresAt = time.Time{} },
	} {
		c := testClaims()
		spoil(&c)
		if _, err := signer.Sign(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	c := testClaims()
	c.IssuedAt = time.Time{}
	if _, err := signer.Sign(c); !errors.Is(err, ErrNoSigningKey) {
		t.Errorf("without iat: %v", err)
	}
	if _, err := newSigner(t, new(KeyRing)).Sign(testClaims()); !errors.Is(err, ErrNoSigningKey) {
		t.Errorf("empty ring: %v", err)
	}
}

func TestPartiesAreRequired(t *testing.T) {
	for _, party := range [][2]string{{"", testAud}, {testIssuer, ""}} {
		if _, err := NewSigner(new(KeyRing), party[0], party[1]); err == nil {
			t.Errorf("a signer for %q", party)
		}
		if _, err := NewVerifier(new(KeyRing), party[0], party[1], 0); err == nil {
			t.Errorf("a verifier for %q", party)
		}
	}
}

func TestSignDrawsTokenID(t *testing.T) {
	ring := newRing(t, seededKey(t, 1))
	signer, verifier := newSigner(t, ring), newVerifier(t, ring)
	seen := map[curfew.ID]bool{}
	for range 100 {
		c := testClaims()
		c.TokenID = curfew.ZeroID
		got, err := verifier.Verify(sign(t, signer, c), testNow)
		if err != nil || got.TokenID.IsZero() || seen[got.TokenID] {
			t.Fatalf("jti %v, %v", got.TokenID, err)
		}
		seen[got.TokenID] = true
	}
}

// TestRoundTrip checks every algorithm with our verifier and, as a foreign
// one, with golang-jwt's parser at its strictest.
func TestRoundTrip(t *testing.T) {
	for _, alg := range []string{AlgEdDSA, AlgES256, AlgRS256} {
		t.Run(alg, func(t *testing.T) {
			key := newKey(t, alg, testNow.Add(-time.Hour))
			ring := newRing(t, key)
			want := testClaims()
			text := sign(t, newSigner(t, ring), want)
			for _, at := range []*time.Time{
				&want.IssuedAt, &want.ExpiresAt, &want.AuthTime, &want.IdleExpiresAt, &want.AbsoluteExpiresAt,
			} {
				*at = at.Truncate(time.Second)
			}
			verifier := newVerifier(t, ring)
			for range 2 { // the second comes from the cache
				got, err := verifier.Verify(text, testNow)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v, %v", got, err)
				}
				got.AMR[0] = "spoiled" // a caller's copy
			}
			_, err := jwt.NewParser(
				jwt.WithValidMethods([]string{alg}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
				jwt.WithIssuedAt(), jwt.WithIssuer(testIssuer), jwt.WithAudience(testAud),
				jwt.WithTimeFunc(func() time.Time { return testNow }),
			).Parse(text, func(token *jwt.Token) (any, error) {
				if token.Header["kid"] != key.KID || token.Header["typ"] != "at+jwt" {
					t.Errorf("header %v", token.Header)
				}
				return key.Public, nil
			})
			if err != nil {
				t.Errorf("golang-jwt refuses it: %v", err)
			}
		})
	}
}
