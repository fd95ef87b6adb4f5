package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"math/bits"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

var anyRefresh = rapid.Custom(func(t *rapid.T) Refresh {
	return Refresh{
		AccountID: anyID.Draw(t, "account"), SessionID: anyID.Draw(t, "session"),
		Generation: rapid.Uint32().Draw(t, "generation"), Secret: RefreshSecret(anyID.Draw(t, "secret")),
	}
})

func TestRefreshRoundTrip(t *testing.T) {
	codec := NewRefreshCodec(newSecrets(t, 1))
	rapid.Check(t, func(t *rapid.T) {
		want := anyRefresh.Draw(t, "refresh")
		text := codec.Encode(want)
		got, err := codec.Decode(text)
		if err != nil || got != want {
			t.Fatalf("%+v, %v", got, err)
		}
		if codec.Encode(got) != text {
			t.Fatal("the text is not the same again")
		}
	})
}

func TestRefreshDecodeNeverPanics(t *testing.T) {
	codec := NewRefreshCodec(newSecrets(t, 1))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`cfr_[A-Za-z0-9_-]{100}`),
			rapid.Map(rapid.StringMatching(`cfr_[A-Za-z0-9_-]{100}`), resum),
		).Draw(t, "text")
		if got, err := codec.Decode(text); err != ErrInvalid || got != (Refresh{}) {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

func TestSuccessorKeepsTheSecret(t *testing.T) {
	codec := NewRefreshCodec(newSecrets(t, 1))
	rapid.Check(t, func(t *rapid.T) {
		r := anyRefresh.Draw(t, "refresh")
		next := r.Successor()
		if next.Generation != r.Generation+1 || next.SecretHash() != r.SecretHash() ||
			next.AccountID != r.AccountID || next.SessionID != r.SessionID {
			t.Fatalf("%+v after %+v", next, r)
		}
		if codec.Encode(next) != codec.Encode(r.Successor()) {
			t.Fatal("a retry gives another token")
		}
		if codec.Encode(next) == codec.Encode(r) {
			t.Fatal("the successor is the same token")
		}
	})
}

// TestRefreshFormat takes a token apart with the standard library alone.
func TestRefreshFormat(t *testing.T) {
	secrets := newSecrets(t, 1)
	r := Refresh{AccountID: id(0xa1), SessionID: id(0xb2), Generation: 0x01020304, Secret: RefreshSecret(id(0xc3))}
	text := NewRefreshCodec(secrets).Encode(r)
	if len(text) != 104 || text[:4] != "cfr_" {
		t.Fatalf("%d characters, prefix %s", len(text), text[:4])
	}
	body, err := base64.RawURLEncoding.DecodeString(text[4:98])
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{1, secrets.KeyID()}
	want = append(want, r.AccountID[:]...)
	want = append(want, r.SessionID[:]...)
	want = append(want, 1, 2, 3, 4)
	want = append(want, r.Secret[:]...)
	key, _ := secrets.Key(PurposeRefresh, secrets.KeyID())
	mac := hmac.New(sha256.New, key[:])
	mac.Write(want)
	want = append(want, mac.Sum(nil)[:16]...)
	if string(body) != string(want) {
		t.Errorf("body\n%x, want\n%x", body, want)
	}
	const golden = "cfr_AXehoaGhoaGhoaGhoaGhoaGhsrKysrKysrKysrKysrKysgECAwTDw8PDw8PDw8PDw8PDw8PD4AJIcm4KaMqKbl74iMWF6w3vt3V6"
	if text != golden {
		t.Errorf("the format changed, and every token in the field with it:\n%s", text)
	}
}

func TestRefreshAcrossSecrets(t *testing.T) {
	before, during, after := NewRefreshCodec(newSecrets(t, 1)), NewRefreshCodec(newSecrets(t, 2, 1)), NewRefreshCodec(newSecrets(t, 2))
	r := NewRefresh(id(1), id(2))
	old := before.Encode(r)
	got, err := during.Decode(old)
	if err != nil || got != r {
		t.Fatalf("a previous secret's token: %v", err)
	}
	next := during.Encode(got.Successor())
	if got, err := after.Decode(next); err != nil || got != r.Successor() {
		t.Errorf("the successor is not under the current secret: %v", err)
	}
	if _, err := after.Decode(old); err != ErrInvalid {
		t.Errorf("a token of a secret that is gone: %v", err)
	}
	if _, err := before.Decode(next); err != ErrInvalid {
		t.Errorf("a token of a secret to come: %v", err)
	}
	// A retry whose first answer came from before the restart: same token in
	// all but key id and MAC.
	first, _ := before.Decode(before.Encode(r.Successor()))
	retry, _ := during.Decode(during.Encode(r.Successor()))
	if first != retry {
		t.Error("a restart forks the session")
	}
}

func TestNewRefresh(t *testing.T) {
	r := NewRefresh(id(1), id(2))
	if r.Generation != 1 || r.AccountID != id(1) || r.SessionID != id(2) {
		t.Errorf("%+v", r)
	}
	if r.SecretHash() != sha256.Sum256(r.Secret[:]) {
		t.Error("SecretHash is not the SHA-256 of the secret")
	}
}

// TestSecretsAreRandom: 128 bits from a CSPRNG, never twice (ASVS 7.2.3).
// Each bit of 1e5 secrets is set in half of them, within 7 standard deviations.
func TestSecretsAreRandom(t *testing.T) {
	const n = 100_000
	seen := make(map[RefreshSecret]bool, n)
	var ones [128]int
	total := 0
	for range n {
		secret := NewRefresh(id(1), id(2)).Secret
		if seen[secret] {
			t.Fatal("a secret came twice")
		}
		seen[secret] = true
		for i, b := range secret {
			total += bits.OnesCount8(b)
			for bit := range 8 {
				ones[i*8+bit] += int(b>>bit) & 1
			}
		}
	}
	limit := func(draws float64) float64 { return 7 * math.Sqrt(draws) / 2 }
	for i, count := range ones {
		if math.Abs(float64(count)-n/2) > limit(n) {
			t.Errorf("bit %d is set in %d of %d", i, count, n)
		}
	}
	if math.Abs(float64(total)-128*n/2) > limit(128*n) {
		t.Errorf("%d of %d bits are set", total, 128*n)
	}
}

func TestHashAttempt(t *testing.T) {
	if HashAttempt("") != nil {
		t.Error("no attempt has a hash")
	}
	want := sha256.Sum256([]byte("abc"))
	if string(HashAttempt("abc")) != string(want[:]) {
		t.Error("not SHA-256")
	}
}

func TestCodecConcurrently(t *testing.T) {
	codec := NewRefreshCodec(newSecrets(t, 1))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			r := NewRefresh(id(byte(i)), id(2))
			for range 500 {
				got, err := codec.Decode(codec.Encode(r))
				if err != nil || got != r {
					t.Error("mixed up", err)
				}
				r = r.Successor()
			}
		})
	}
	wg.Wait()
}

func FuzzRefreshDecode(f *testing.F) {
	codec := NewRefreshCodec(newSecrets(f, 1))
	genuine := codec.Encode(Refresh{AccountID: id(1), SessionID: id(2), Generation: 3})
	foreign := NewRefreshCodec(newSecrets(f, 2)).Encode(Refresh{AccountID: id(1)})
	for _, seed := range []string{"", "cfr_", genuine, foreign, genuine + "A", genuine[:50], resum("cfx_" + genuine[4:])} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := codec.Decode(text)
		if err == nil && codec.Encode(r) != text {
			t.Errorf("accepted a text that it does not write: %q", text)
		}
		if err == nil && text != genuine {
			t.Errorf("forged: %q", text)
		}
	})
}
