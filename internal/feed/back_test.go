package feed

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestWentBack: a store that has lost what it acknowledged is not vouched for
// until what is remembered was written again.
func TestWentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		kept, lost := log.ended(one), log.ended(one)
		vanished := log.ended(two)
		var mu sync.Mutex
		var again []curfew.Revocation
		fail := true
		h, seen := started(t, log, func(c *Config) {
			c.Reassert = func(_ context.Context, entries []curfew.Revocation) error {
				mu.Lock()
				defer mu.Unlock()
				if fail {
					return errAway
				}
				for _, r := range entries {
					again = append(again, log.write(curfew.ID{8}, curfew.Revocation{AccountID: r.AccountID, SessionID: r.SessionID}))
				}
				return nil
			}
		})
		r := subscribed(t, h, "")
		log.mu.Lock()
		log.entries, log.heads = log.entries[:1], curfew.Cursor{one: 1}
		log.mu.Unlock()
		pass(5 * time.Second)
		if _, err := h.Head(t.Context()); !errors.Is(err, errWentBack) || h.Stats().Vouching || !errors.Is(h.Stats().Why, errWentBack) {
			t.Error("it vouches for what is gone:", err)
		}
		snapshot, err := h.Snapshot()
		must(t, err)
		if snapshot.view.count != 3 {
			t.Errorf("%d entries are remembered", snapshot.view.count)
		}
		mu.Lock()
		fail = false
		mu.Unlock()
		pass(2 * time.Second)
		head, err := h.Head(t.Context())
		must(t, err)
		if head.Cursor != EncodeCursor(curfew.Cursor{one: 1, {8}: 2}) {
			t.Error("the head is not of the new history")
		}
		got, last := r.sessions(t)
		same(t, got, kept, lost, vanished, lost, vanished)
		if last != head.Cursor || seen.wentOff != 1 {
			t.Error(last, seen.wentOff)
		}
	})
}

// TestPrunedIsNotLost: rows that nobody needs any more go from the store, and
// their writer with them.
func TestPrunedIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		log.ended(one)
		log.ended(two)
		h, seen := started(t, log)
		pass(life - 2*time.Second) // a node whose clock is ahead prunes it
		log.mu.Lock()
		log.entries, log.heads = nil, curfew.Cursor{one: 1}
		log.mu.Unlock()
		pass(10 * time.Second)
		if seen.wentOff != 0 {
			t.Error("it counts as lost")
		}
		if c := h.Cursor(); len(c) != 1 || c[one] != 1 {
			t.Error(c)
		}
	})
}
