package curfew

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNewIDLayout(t *testing.T) {
	// RFC 9562, section 5.7: 48 bits of milliseconds, version 7, variant 10.
	now := time.UnixMilli(0x0123456789ab)
	for range 1000 {
		id := NewID(now)
		if !bytes.Equal(id[:6], []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab}) {
			t.Fatalf("%v does not start with the milliseconds", id)
		}
		if id[6]>>4 != 7 || id[8]>>6 != 0b10 {
			t.Fatalf("%v is not of version 7 and variant 10", id)
		}
	}
}

func TestNewIDIsRandom(t *testing.T) {
	now := time.UnixMilli(1)
	var ones, zeros ID
	for i := range zeros {
		zeros[i] = 0xff
	}
	seen := map[ID]bool{}
	for range 1000 {
		id := NewID(now)
		if seen[id] {
			t.Fatalf("%v was made twice", id)
		}
		seen[id] = true
		for i := range id {
			ones[i] |= id[i]
			zeros[i] &= id[i]
		}
	}
	// Every bit but those of time, version and variant was both 0 and 1.
	want := ID{6: 0x0f, 7: 0xff, 8: 0x3f, 9: 0xff, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff}
	for i := range want {
		if got := ones[i] &^ zeros[i]; got != want[i] {
			t.Errorf("byte %d varies in %08b, want %08b", i, got, want[i])
		}
	}
}

func TestIDsSortByTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<48-2).Draw(t, "ms")
		later := rapid.Int64Range(ms+1, 1<<48-1).Draw(t, "later")
		a, b := NewID(time.UnixMilli(ms)), NewID(time.UnixMilli(later))
		if bytes.Compare(a[:], b[:]) >= 0 || a.String() >= b.String() {
			t.Fatalf("%v of %d does not sort before %v of %d", a, ms, b, later)
		}
	})
}

func TestParseID(t *testing.T) {
	want := ID{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x7c, 0xde, 0x8f, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd}
	const text = "01234567-89ab-7cde-8f01-23456789abcd"
	for _, in := range []string{text, strings.ToUpper(text)} {
		if got, err := ParseID(in); err != nil || got != want {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	if want.String() != text {
		t.Errorf("got %s", want)
	}
	for _, in := range []string{
		"",
		"0123456789ab7cde8f0123456789abcd",
		"{01234567-89ab-7cde-8f01-23456789abcd}",
		"urn:uuid:01234567-89ab-7cde-8f01-23456789abcd",
		text + " ", " " + text, text + "\n", text + "0", text[:35],
		"0123456-789ab-7cde-8f01-23456789abcd",
		"01234567-89ab-7cde-8f0123456789abcd-",
		"01234567+89ab-7cde-8f01-23456789abcd",
		"0123456g-89ab-7cde-8f01-23456789abcd",
		"0123456é-89ab-7cde-8f01-2345678abcd",
		"01234567-89ab-7cde-8f01-23456789ab--",
		strings.Repeat("-", 36),
	} {
		if got, err := ParseID(in); err == nil || got != ZeroID {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
}

func TestIDText(t *testing.T) {
	id := NewID(time.UnixMilli(1))
	b, err := json.Marshal(map[string]ID{"id": id})
	if err != nil || string(b) != `{"id":"`+id.String()+`"}` {
		t.Fatalf("%s, %v", b, err)
	}
	var back map[string]ID
	if err := json.Unmarshal(b, &back); err != nil || back["id"] != id {
		t.Fatalf("%v, %v", back, err)
	}
	kept := id
	if err := kept.UnmarshalText([]byte("nothing")); err == nil || kept != id {
		t.Errorf("%v, %v", kept, err)
	}
	if id.IsZero() || !ZeroID.IsZero() {
		t.Error("IsZero")
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("01234567-89ab-7cde-8f01-23456789abcd")
	f.Add("01234567-89AB-7CDE-8F01-23456789ABCD")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Add("0123456789ab7cde8f0123456789abcd")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			if id != ZeroID {
				t.Errorf("%q: an error and %v", s, id)
			}
			return
		}
		if id.String() != strings.ToLower(s) {
			t.Errorf("%q became %v", s, id)
		}
	})
}
