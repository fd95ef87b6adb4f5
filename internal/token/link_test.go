package token

import (
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"
)

func TestLinkRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account, invite := anyID.Draw(t, "account"), anyID.Draw(t, "id")
		text, hash := NewLink(LinkInvite, account, invite)
		gotAccount, gotID, gotHash, err := ParseLink(LinkInvite, text)
		if err != nil || gotAccount != account || gotID != invite || gotHash != hash {
			t.Fatalf("%v, %v, %x, %v", gotAccount, gotID, gotHash, err)
		}
		again, other := NewLink(LinkInvite, account, invite)
		if again == text || other == hash {
			t.Fatal("the secret repeats")
		}
	})
}

func TestLinkFormat(t *testing.T) {
	text, hash := NewLink(LinkInvite, id(1), id(2))
	if len(text) != 96 || text[:4] != "cfi_" {
		t.Fatalf("%d characters, prefix %s", len(text), text[:4])
	}
	body, err := base64.RawURLEncoding.DecodeString(text[4:90])
	if err != nil || len(body) != 64 || sha256.Sum256(body) != hash {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestLinkKindsAreApart(t *testing.T) {
	text, _ := NewLink(LinkInvite, id(1), id(2))
	for _, kind := range []LinkKind{LinkReset, "cfz_"} {
		if _, _, _, err := ParseLink(kind, text); err != ErrInvalid {
			t.Errorf("an invitation passes for the kind %s: %v", kind, err)
		}
	}
}

func FuzzLinkParse(f *testing.F) {
	genuine := LinkInvite.frame().encode(make([]byte, linkBody))
	for _, seed := range []string{"", "cfi_", genuine, genuine + "A", genuine[:40], resum("cfx_" + genuine[4:])} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		account, id, hash, err := ParseLink(LinkInvite, text)
		if err != nil {
			return
		}
		var body [linkBody]byte
		if !LinkInvite.frame().decode(body[:], text) || LinkInvite.frame().encode(body[:]) != text {
			t.Errorf("one body has two texts: %q", text)
		}
		if hash != sha256.Sum256(body[:]) || string(account[:]) != string(body[:16]) || string(id[:]) != string(body[16:32]) {
			t.Errorf("misread: %q", text)
		}
	})
}

func TestBrowserRoundTrip(t *testing.T) {
	before, during := NewBrowserCodec(newSecrets(t, 1)), NewBrowserCodec(newSecrets(t, 2, 1))
	rapid.Check(t, func(t *rapid.T) {
		want := Browser{anyID.Draw(t, "account"), anyID.Draw(t, "user"), rapid.Int64Min(0).Draw(t, "epoch"), anyID.Draw(t, "browser")}
		text := before.Encode(want)
		if len(text) != 109 || text[:4] != "cfb_" {
			t.Fatalf("%d characters, prefix %s", len(text), text[:4])
		}
		for _, codec := range []*BrowserCodec{before, during} {
			if got, err := codec.Decode(text); err != nil || got != want {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		if _, err := before.Decode(during.Encode(want)); err != ErrInvalid {
			t.Fatalf("a cookie under a secret to come: %v", err)
		}
	})
}

// TestKindsHaveKeysOfTheirOwn: the same payload under the same prefix and
// another purpose is refused.
func TestKindsHaveKeysOfTheirOwn(t *testing.T) {
	secrets := newSecrets(t, 1)
	refresh := newStampedFrame("cfx_", 16, secrets, PurposeRefresh)
	device := newStampedFrame("cfx_", 16, secrets, PurposeBrowser)
	payload := id(1)
	text := refresh.encode(payload[:])
	if !refresh.decode(payload[:], text) || device.decode(payload[:], text) {
		t.Error("a stamp for one purpose passes for another")
	}
}
