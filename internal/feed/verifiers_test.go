package feed

import (
	"context"
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
			h.Heard(curfew.Verifier{ID: curfew.ID{1}, Name: "a", Mode: curfew.ModeStrict, Applied: "x"})
			h.Heard(curfew.Verifier{ID: curfew.ID{2}, Name: "b", Mode: curfew.ModeLenient})
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
				h.Heard(curfew.Verifier{ID: curfew.ID{byte(i >> 8), byte(i), 15: 1}, Name: "a", Mode: curfew.ModeStrict, Applied: "x"})
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
