package token

import (
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func TestServiceKeyFormat(t *testing.T) {
	text, hash := NewServiceKey(id(1))
	if len(text) != 74 || text[:4] != "cfk_" {
		t.Fatalf("%d characters, prefix %s", len(text), text[:4])
	}
	body, err := base64.RawURLEncoding.DecodeString(text[4:68])
	if err != nil || len(body) != 48 || sha256.Sum256(body) != hash {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	got, gotHash, err := ParseServiceKey(text)
	if err != nil || got != id(1) || gotHash != hash {
		t.Errorf("%v, %x, %v", got, gotHash, err)
	}
	again, other := NewServiceKey(id(1))
	if again == text || other == hash {
		t.Error("the secret repeats")
	}
	invite, _ := NewLink(LinkInvite, id(1), id(2))
	for _, wrong := range []string{"", "cfk_", text[:len(text)-1], text + "0", "cfi_" + text[4:], resum("cfi_" + text[4:]), invite, text[:10] + "\n" + text[11:]} {
		if _, _, err := ParseServiceKey(wrong); err != ErrInvalid {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestServiceKeyMatches(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	newest, previous := [32]byte{1}, [32]byte{2}
	for _, tt := range []struct {
		name string
		key  curfew.ServiceKey
		hash [32]byte
		want bool
	}{
		{"the newest", curfew.ServiceKey{SecretHash: newest}, newest, true},
		{"another", curfew.ServiceKey{SecretHash: newest}, previous, false},
		{"the one before, in its overlap", curfew.ServiceKey{SecretHash: newest, PreviousHash: previous, PreviousUntil: now.Add(1)}, previous, true},
		{"at its very end", curfew.ServiceKey{SecretHash: newest, PreviousHash: previous, PreviousUntil: now}, previous, false},
		{"no hash where there is none before", curfew.ServiceKey{SecretHash: newest}, [32]byte{}, false},
	} {
		if got := ServiceKeyMatches(tt.key, tt.hash, now); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func FuzzServiceKeyParse(f *testing.F) {
	genuine := serviceKeyFrame.encode(make([]byte, serviceKeyBody))
	for _, seed := range []string{"", "cfk_", genuine, genuine + "A", genuine[:40], resum("cfx_" + genuine[4:])} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, hash, err := ParseServiceKey(text)
		if err != nil {
			return
		}
		var body [serviceKeyBody]byte
		if !serviceKeyFrame.decode(body[:], text) || serviceKeyFrame.encode(body[:]) != text {
			t.Errorf("one body has two texts: %q", text)
		}
		if hash != sha256.Sum256(body[:]) || string(id[:]) != string(body[:16]) {
			t.Errorf("%v, %x of %x", id, hash, body)
		}
	})
}
