package feed

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestVerifiersAreRecorded at most once a second, all together.
func TestVerifiersAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls [][]curfew.Verifier
		h, _ := started(t, new(memoryLog), func(c *Config) {
			c.RecordVerifiers = func(_ context.Context, heard []curfew.Verifier) error { calls = append(calls, heard); return nil }
		})
		for range 8 {
			_ = h.Heard(one, curfew.Verifier{ID: curfew.ID{1}, Name: "a", Mode: curfew.ModeStrict, Applied: "x"})
			_ = h.Heard(one, curfew.Verifier{ID: curfew.ID{2}, Name: "b", Mode: curfew.ModeLenient})
			pass(250 * time.Millisecond)
		}
		pass(5 * time.Second)
		if len(calls) > 3 || len(calls) < 2 || len(calls[0]) != 2 || calls[0][0].HeardAt.IsZero() {
			t.Errorf("%+v", calls)
		}
	})
}

// TestNewVerifiersAreCounted: whoever calls itself a new one with every question
// is noted no more often than a fleet needs that starts anew.
func TestNewVerifiersAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noted := map[curfew.ID]bool{}
		h, _ := started(t, new(memoryLog), func(c *Config) {
			c.RecordVerifiers = func(_ context.Context, heard []curfew.Verifier) error {
				for _, v := range heard {
					noted[v.ID] = true
				}
				return nil
			}
		})
		say := func(from, to int) {
			for i := from; i < to; i++ {
				_ = h.Heard(one, curfew.Verifier{ID: curfew.ID{byte(i >> 8), byte(i), 15: 1}, Name: "a", Mode: curfew.ModeStrict, Applied: "x"})
			}
		}
		say(0, newVerifiersAtOnce+500)
		pass(2 * time.Second)
		if len(noted) != newVerifiersAtOnce {
			t.Errorf("%d were noted", len(noted))
		}
		say(0, newVerifiersAtOnce+500) // the known as ever, and as many new ones as time has passed for
		pass(2 * time.Second)
		if got, most := len(noted), newVerifiersAtOnce+int(3*time.Second/newVerifiersEvery); got <= newVerifiersAtOnce || got > most {
			t.Errorf("%d were noted, at most %d", got, most)
		}
	})
}

// TestVerifiersKeepToTheirKeys: nobody says what another key's verifier has
// applied while that one is heard.
func TestVerifiersKeepToTheirKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := started(t, new(memoryLog))
		v := curfew.Verifier{ID: curfew.ID{1}, Name: "a", Mode: curfew.ModeStrict}
		must(t, h.Heard(one, v))
		if err := h.Heard(two, v); !errors.Is(err, ErrNotYours) {
			t.Errorf("another key: %v", err)
		}
		must(t, h.Heard(two, curfew.Verifier{ID: curfew.ID{2}, Name: "a", Mode: curfew.ModeStrict}))
		for range 5 {
			pass(heardFor / 2)
			must(t, h.Heard(one, v))
		}
		if err := h.Heard(two, v); !errors.Is(err, ErrNotYours) {
			t.Errorf("another key, later: %v", err)
		}
		pass(heardFor)
		must(t, h.Heard(two, v)) // whoever had it is gone
		if err := h.Heard(one, v); !errors.Is(err, ErrNotYours) {
			t.Errorf("the first key: %v", err)
		}
	})
}

// TestUnjudgedKeys: a stream does not go on for ever while nobody can say whether
// its key works.
func TestUnjudgedKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, seen := started(t, new(memoryLog))
		var away atomic.Bool
		s, err := h.Subscribe("", func(context.Context) error {
			if away.Load() {
				return curfew.Unavailable(errAway)
			}
			return nil
		})
		must(t, err)
		r := new(reader)
		r.run(t, s)
		for range 3 { // each outage counts by itself
			pass(time.Second)
			away.Store(true)
			pass(keysWithin - time.Second)
			away.Store(false)
		}
		if n := h.Stats().Streams; n != 1 {
			t.Fatal("a store that was away for a moment ended the stream")
		}
		pass(time.Second)
		away.Store(true)
		began := time.Now()
		if err := <-r.done; !errors.Is(err, errUnjudged) || time.Since(began) > keysWithin+time.Second {
			t.Error(err, time.Since(began))
		}
		if !slices.Equal(seen.cuts, []string{CutKey}) {
			t.Error(seen.cuts)
		}
	})
}

// TestLag: how far a verifier is behind is counted over all writers.
func TestLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		one, two := curfew.ID{1, 15: 1}, curfew.ID{2, 15: 1}
		for range 3 {
			log.ended(one)
		}
		log.ended(two)
		h, _ := started(t, log)
		pass(time.Second)
		for _, tt := range []struct {
			applied string
			behind  int64
			ok      bool
		}{
			{"", 4, true},
			{EncodeCursor(curfew.Cursor{one: 1}), 3, true},
			{EncodeCursor(curfew.Cursor{one: 3, two: 1}), 0, true},
			{EncodeCursor(curfew.Cursor{one: 9, two: 1}), 0, true}, // of another node, which is ahead
			{EncodeCursor(curfew.Cursor{{3}: 7}), 4, true},
			{"nonsense", 0, false},
		} {
			if behind, ok := h.Lag(tt.applied); behind != tt.behind || ok != tt.ok {
				t.Errorf("%q is %d behind, %t, want %d, %t", tt.applied, behind, ok, tt.behind, tt.ok)
			}
		}
	})
}
