package verify

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"
)

// accessVectors are tokens, and what every verifier makes of them, in whatever
// language.
type accessVectors struct {
	Issuer   string          `json:"issuer"`
	Audience string          `json:"audience"`
	JWKS     json.RawMessage `json:"jwks"`
	Vectors  []struct {
		Name    string          `json:"name"`
		NowMS   int64           `json:"now_ms"`
		Outcome string          `json:"outcome"`
		Claims  json.RawMessage `json:"claims"`
		Token   string          `json:"token"`
	} `json:"vectors"`
}

func readVectors(t testing.TB, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// offline is a verifier that is in step with an authority that is not there, at
// a time.
func offline(t testing.TB, jwks []byte, issuer, audience string, at time.Time) *Verifier {
	t.Helper()
	cfg, err := Config{Issuer: issuer, Audience: audience, ServiceKey: testKey}.complete()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := parseKeys(jwks)
	if err != nil {
		t.Fatal(err)
	}
	v := &Verifier{cfg: cfg, clock: clock{read: func() instant { return instant{wall: at.UnixNano()} }}, tokens: newTokenCache(1 << 20), state: newState()}
	v.closing, v.cancel = t.Context(), func() {}
	v.keys.set.Store(keys)
	v.keys.began, v.keys.tried = v.clock.read(), true // so unknown keys are not fetched
	now := v.clock.read()
	v.clock.set(at.UnixMicro(), now)
	v.fresh.Store(&now)
	v.state.synced()
	return v
}

func outcomeName(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrExpired):
		return "expired"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.Is(err, ErrRevoked):
		return "revoked"
	}
	return err.Error()
}

func TestAccessVectors(t *testing.T) {
	var file accessVectors
	readVectors(t, "testdata/access-tokens.json", &file)
	if len(file.Vectors) < 30 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	for _, vector := range file.Vectors {
		v := offline(t, file.JWKS, file.Issuer, file.Audience, time.UnixMilli(vector.NowMS))
		for _, again := range []string{"", " again, from the cache"} {
			s, err := v.Verify(t.Context(), vector.Token)
			if got := outcomeName(err); got != vector.Outcome {
				t.Errorf("%s%s: %s (%v), want %s", vector.Name, again, got, err, vector.Outcome)
				continue
			}
			if err != nil {
				continue
			}
			var claims struct {
				Sub, Sid string
				Exp      int64
			}
			if err := json.Unmarshal(vector.Claims, &claims); err != nil {
				t.Fatal(err)
			}
			if s.UserID != claims.Sub || s.ID != claims.Sid || s.ExpiresAt.Unix() != claims.Exp {
				t.Errorf("%s%s: %+v, want %s", vector.Name, again, s, vector.Claims)
			}
		}
	}
}

func TestRevocationVectors(t *testing.T) {
	var file struct {
		accessVectors
		Vectors []struct {
			Name, Outcome, Token string
			Now                  time.Time
			Entries              []json.RawMessage
		} `json:"vectors"`
	}
	readVectors(t, "testdata/revocations.json", &file)
	if len(file.Vectors) < 25 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	for _, vector := range file.Vectors {
		v := offline(t, file.JWKS, file.Issuer, file.Audience, vector.Now)
		want := map[bool]string{true: "ok", false: vector.Outcome}
		for _, told := range []bool{true, false} { // before it is told, and after
			if !told {
				for _, text := range vector.Entries {
					e, err := parseEntry(text)
					if err != nil {
						t.Fatalf("%s: %v", vector.Name, err)
					}
					v.revocations.add(&e)
				}
			}
			if _, err := v.Verify(t.Context(), vector.Token); outcomeName(err) != want[told] {
				t.Errorf("%s: %v, want %s", vector.Name, err, want[told])
			}
		}
	}
}
