package token

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSecretsRefuse(t *testing.T) {
	good := secretBytes(1)
	id := newSecrets(t, 1).KeyID()
	namesake := secretBytes(2)
	for i := 0; ; i++ {
		namesake[0], namesake[1] = byte(i), byte(i>>8)
		s, err := NewSecrets(namesake)
		if err != nil {
			t.Fatal(err)
		}
		if s.KeyID() == id {
			break
		}
	}
	tests := []struct {
		name     string
		current  []byte
		previous [][]byte
		want     string
	}{
		{"empty", nil, nil, "a secret needs at least 32 bytes, and the current one has 0"},
		{"short", good[:31], nil, "a secret needs at least 32 bytes, and the current one has 31"},
		{"short previous", good, [][]byte{secretBytes(9), good[:5]}, "previous one 2 has 5"},
		{"twice", good, [][]byte{good}, "choose another"},
		{"same key id", good, [][]byte{namesake}, "choose another"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewSecrets(tt.current, tt.previous...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestKeysAreIndependentAndStable(t *testing.T) {
	s := newSecrets(t, 1, 2)
	seen := map[[32]byte]bool{}
	for _, id := range []byte{newSecrets(t, 1).KeyID(), newSecrets(t, 2).KeyID()} {
		for _, p := range purposes {
			key, ok := s.Key(p, id)
			if !ok || seen[key] || key == [32]byte{} {
				t.Errorf("key %d for %q: ok %v, repeated %v", id, p, ok, seen[key])
			}
			seen[key] = true
		}
	}
	// RFC 5869 in one call, as a foreign implementation would do it.
	want, err := hkdf.Key(sha256.New, secretBytes(1), nil, "curfew refresh token mac v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	if key, _ := s.Key(PurposeRefresh, s.KeyID()); !bytes.Equal(key[:], want) {
		t.Error("the refresh key is not HKDF-SHA-256 of the secret: every token in the field would be refused")
	}
	if _, ok := s.Key("another", s.KeyID()); ok {
		t.Error("a key for a purpose that does not exist")
	}
	if _, ok := s.Key(purposeKeyID, s.KeyID()); ok {
		t.Error("the key id is no key")
	}
	for id := range 256 {
		if _, ok := s.Key(PurposeAudit, byte(id)); ok != (s.derived[byte(id)] != nil) {
			t.Errorf("Key(%d) = %v", id, ok)
		}
	}
}

func TestSealOpen(t *testing.T) {
	old, rotated, foreign := newSecrets(t, 1), newSecrets(t, 2, 1), newSecrets(t, 3)
	sealed := old.Seal([]byte("plain"), []byte("context"))
	if sealed[0] != sealVersion || sealed[1] != old.KeyID() {
		t.Errorf("sealed bytes start with %d, %d", sealed[0], sealed[1])
	}
	if bytes.Equal(sealed, old.Seal([]byte("plain"), []byte("context"))) {
		t.Error("the nonce repeats")
	}
	for name, s := range map[string]*Secrets{"itself": old, "after a rotation": rotated} {
		if got, err := s.Open(sealed, []byte("context")); err != nil || string(got) != "plain" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	refused := func(name string, s *Secrets, sealed []byte, context string) {
		if _, err := s.Open(sealed, []byte(context)); !errors.Is(err, ErrWrongSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("another secret", foreign, sealed, "context")
	refused("another context", old, sealed, "contexT")
	refused("nothing", old, nil, "context")
	for i := range sealed {
		refused(fmt.Sprint("cut at ", i), old, sealed[:i], "context")
		for bit := range 8 {
			altered := bytes.Clone(sealed)
			altered[i] ^= 1 << bit
			refused(fmt.Sprintf("byte %d bit %d", i, bit), old, altered, "context")
		}
	}
	// Another id for the same box: the header is authenticated too.
	relabelled := bytes.Clone(sealed)
	relabelled[1] = rotated.KeyID()
	refused("relabelled", rotated, relabelled, "context")
}

func TestSealOpenAny(t *testing.T) {
	s := newSecrets(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		context := rapid.SliceOf(rapid.Byte()).Draw(t, "context")
		got, err := s.Open(s.Seal(plain, context), context)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%x, %v", got, err)
		}
		_, _ = s.Open(plain, context)
	})
}

// TestNothingPrintsASecret: whatever the verb or the logger (ASVS 16.2.5).
func TestNothingPrintsASecret(t *testing.T) {
	secrets := newSecrets(t, 0x5a)
	refresh := Refresh{Secret: [16]byte(secretBytes(0x5a))}
	key := seededKey(t, 0x5a)
	macKey, _ := secrets.Key(PurposeRefresh, secrets.KeyID())
	canaries := []string{
		"ZZZZ", "WlpaW", "5a5a5a5a", "90 90 90 90", "90,90,90,90", "0x5a, 0x5a",
		fmt.Sprintf("%x", macKey[:8]), strings.Trim(fmt.Sprint(macKey[:8]), "[]"),
	}
	for _, value := range []any{secrets, *secrets, refresh, &refresh, key, &key, []SigningKey{key}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "value", value)
		_ = json.NewEncoder(&out).Encode(value)
		for _, canary := range canaries {
			if strings.Contains(out.String(), canary) {
				t.Errorf("%T prints %q:\n%s", value, canary, &out)
			}
		}
	}
}
