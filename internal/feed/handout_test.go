package feed

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestPace: what comes alone goes out at once, and what comes in numbers in few
// writes, all of it.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, _ := started(t, log)
		r := subscribed(t, h, "")
		pass(time.Second)
		before := r.writes
		alone := log.ended(one)
		h.Logged([]curfew.Revocation{alone})
		synctest.Wait()
		if got, _ := r.sessions(t); len(got) != 1 || r.writes != before+1 {
			t.Fatalf("%d entries in %d writes, want one at once", len(got), r.writes-before)
		}
		all := []curfew.Revocation{alone}
		began := time.Now()
		for range 1000 {
			e := log.ended(one)
			all = append(all, e)
			h.Logged([]curfew.Revocation{e})
			pass(200 * time.Microsecond)
		}
		took := time.Since(began)
		pass(wakeEvery)
		got, last := r.sessions(t)
		same(t, got, all...)
		if want, err := ParseCursor(last); err != nil || want[one] != int64(len(all)) {
			t.Errorf("the last id is %v, %v", want, err)
		}
		if most := int(took/wakeEvery) + 2; r.writes-before-1 > most {
			t.Errorf("%d writes in %s, want at most %d", r.writes-before-1, took, most)
		}
	})
}
