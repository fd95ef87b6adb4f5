package verify

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func FuzzEvents(f *testing.F) {
	f.Add([]byte("event: revocation\ndata: {}\nid: AQ\n\n"))
	f.Add([]byte(":\n\nretry: 1\n\nevent: snapshot\ndata: "))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newEventReader(bytes.NewReader(text))
		for range len(text) + 1 {
			e, err := r.next()
			if err != nil {
				return
			}
			if e.name == eventRevocation {
				if entry, err := parseEntry(e.data); err == nil {
					new(revocations).add(&entry)
				}
			}
		}
		t.Error("more events than bytes")
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("AQ")
	f.Add(encodeCursor(position{newID(): 3}))
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := parseCursor(text); err == nil {
			if again, err := parseCursor(encodeCursor(at)); err != nil || fmt.Sprint(again) != fmt.Sprint(at) {
				t.Errorf("%v became %v", at, again)
			}
		}
	})
}

// FuzzToken changes good tokens. None is taken but in its one form, and nothing
// that is refused gives a part of itself away.
func FuzzToken(f *testing.F) {
	var file accessVectors
	readVectors(f, "testdata/access-tokens.json", &file)
	good := map[string]bool{}
	for _, vector := range file.Vectors {
		f.Add(vector.Token)
		good[vector.Token] = vector.Outcome != "invalid"
	}
	f.Fuzz(func(t *testing.T, token string) {
		v := offline(t, file.JWKS, file.Issuer, file.Audience, time.UnixMilli(file.Vectors[0].NowMS))
		_, err := v.Verify(t.Context(), token)
		if (err == nil || errors.Is(err, ErrExpired)) && !good[token] {
			t.Errorf("taken: %q", token)
		}
		if err != nil && len(token) > 20 && strings.Contains(err.Error(), token[:20]) {
			t.Errorf("the error gives away: %v", err)
		}
	})
}
