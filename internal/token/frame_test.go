package token

import (
	"encoding/base64"
	"hash/crc32"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// opaque are the three formats, each with one token and its decoder.
func opaque(t testing.TB) map[string]struct {
	frame  frame
	text   string
	decode func(string) error
} {
	secrets := newSecrets(t, 1)
	refresh, browser := NewRefreshCodec(secrets), NewBrowserCodec(secrets)
	link, _ := NewLink(LinkInvite, id(1), id(2))
	return map[string]struct {
		frame  frame
		text   string
		decode func(string) error
	}{
		"refresh": {refresh.stamped.frame, refresh.Encode(NewRefresh(id(1), id(2))),
			func(s string) error { _, err := refresh.Decode(s); return err }},
		"browser": {browser.stamped.frame, browser.Encode(Browser{id(1), id(2), 3, id(4)}),
			func(s string) error { _, err := browser.Decode(s); return err }},
		"link": {LinkInvite.frame(), link,
			func(s string) error { _, _, _, err := ParseLink(LinkInvite, s); return err }},
	}
}

// resum gives altered text the checksum that belongs to it.
func resum(text string) string {
	text = text[:len(text)-checksumSize]
	sum := checksum([]byte(text))
	return text + string(sum[:])
}

func TestFramesFitTheirBuffers(t *testing.T) {
	for name, o := range opaque(t) {
		if o.frame.size > maxBody || o.frame.textSize() > maxText || len(o.text) != o.frame.textSize() {
			t.Errorf("%s: body %d, text %d", name, o.frame.size, len(o.text))
		}
		if err := o.decode(o.text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChecksumIsCRC32InBase62(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		// big.Int writes digits, lower case, upper case; ours is in ASCII order.
		swap := func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z':
				return r - 'a' + 'A'
			case r >= 'A' && r <= 'Z':
				return r - 'A' + 'a'
			}
			return r
		}
		want := strings.Map(swap, big.NewInt(int64(crc32.ChecksumIEEE(text))).Text(62))
		want = strings.Repeat("0", checksumSize-len(want)) + want
		if got := checksum(text); string(got[:]) != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

// TestEveryOtherTextIsRefused: a truncated opaque token that still worked was
// CVE-2026-27840 elsewhere.
func TestEveryOtherTextIsRefused(t *testing.T) {
	for name, o := range opaque(t) {
		t.Run(name, func(t *testing.T) {
			refused := func(what, text string) {
				t.Helper()
				if text == o.text {
					t.Fatalf("%s: not altered", what)
				}
				if err := o.decode(text); err != ErrInvalid {
					t.Errorf("%s: %v", what, err)
				}
			}
			for i := range o.text {
				refused("cut", o.text[:i])
				refused("cut at the front", o.text[i+1:])
				refused("doubled character", o.text[:i]+o.text[i:i+1]+o.text[i:])
				for c := range 256 {
					if byte(c) != o.text[i] {
						refused("altered character", o.text[:i]+string([]byte{byte(c)})+o.text[i+1:])
					}
				}
			}
			refused("extended", o.text+"A")
			refused("padded", o.text+"=")
			refused("newline", o.text+"\n")
			refused("space", " "+o.text)
			refused("upper-case prefix", strings.ToUpper(o.text[:4])+o.text[4:])
			refused("other prefix", resum("cfx_"+o.text[4:]))
			refused("line break within", resum(o.text[:10]+"\n"+o.text[11:]))
			refused("standard base64", resum(o.text[:10]+"+"+o.text[11:]))
			refused("padding within", resum(o.text[:len(o.text)-7]+"="+o.text[len(o.text)-6:]))
		})
	}
}

// TestTrailingBits: the last character carries bits that belong to no byte;
// only zeros are accepted there (RFC 4648, section 3.5).
func TestTrailingBits(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for name, o := range opaque(t) {
		spare := base64.RawURLEncoding.EncodedLen(o.frame.size)*6 - o.frame.size*8
		last := len(o.text) - checksumSize - 1
		value := strings.IndexByte(alphabet, o.text[last])
		for bits := 1; bits < 1<<spare; bits++ {
			text := resum(o.text[:last] + alphabet[value|bits:][:1] + o.text[last+1:])
			if err := o.decode(text); err != ErrInvalid {
				t.Errorf("%s: trailing bits %b: %v", name, bits, err)
			}
		}
	}
}

// TestEveryBitOfAStampIsCovered flips each bit of the body and mends the
// checksum, so that only the MAC stands in the way.
func TestEveryBitOfAStampIsCovered(t *testing.T) {
	for name, o := range opaque(t) {
		if name == "link" {
			continue // its secret is checked against the row
		}
		body := make([]byte, o.frame.size)
		if !o.frame.decode(body, o.text) {
			t.Fatal(name)
		}
		for i := range body {
			for bit := range 8 {
				body[i] ^= 1 << bit
				if err := o.decode(o.frame.encode(body)); err != ErrInvalid {
					t.Errorf("%s: byte %d bit %d: %v", name, i, bit, err)
				}
				body[i] ^= 1 << bit
			}
		}
		if err := o.decode(o.frame.encode(body)); err != nil {
			t.Errorf("%s: unaltered: %v", name, err)
		}
	}
}
