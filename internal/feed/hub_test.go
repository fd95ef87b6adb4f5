package feed

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// pass lets time pass, and all that is due be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

var errAway = errors.New("the store is away")

// TestStream: a reader gets a snapshot, then what happens, then, after it was
// away, exactly what it missed.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		first := log.ended(one)
		h, seen := started(t, log)
		r := subscribed(t, h, "")
		got, _ := r.sessions(t)
		same(t, got, first)
		if e := r.events(); len(e) != 1 || e[0].name != "snapshot" || e[0].id == "" || seen.snapshots != 1 {
			t.Errorf("%+v", e)
		}
		second, third := log.ended(one), log.ended(two)
		pass(150 * time.Millisecond)
		synctest.Wait()
		got, last := r.sessions(t)
		same(t, got, first, second, third)
		r.stop()
		if err := <-r.done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		fourth := log.ended(two)
		pass(150 * time.Millisecond)
		r = subscribed(t, h, last)
		got, last = r.sessions(t)
		same(t, got, fourth)
		if e := r.events(); len(e) != 1 || e[0].name != "revocation" || seen.snapshots != 1 {
			t.Errorf("%+v", e)
		}
		r.stop()
		r = subscribed(t, h, last)
		if e := r.events(); len(e) != 0 || !strings.HasSuffix(r.all(), "\n\n") {
			t.Errorf("nothing was missed: %+v", e)
		}
		pass(11 * time.Second)
		if n := strings.Count(r.all(), ":\n\n"); n != 2 {
			t.Errorf("%d heartbeats in 11 s: %q", n, r.all())
		}
	})
}

// TestUnknownCursors: what is no cursor, or one of another installation, gets a
// snapshot.
func TestUnknownCursors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		first := log.ended(one)
		h, _ := started(t, log)
		foreign := EncodeCursor(curfew.Cursor{{1}: 5})
		for _, id := range []string{"", "nonsense", "AQ==", "AgAA", foreign, foreign[:len(foreign)-1], strings.Repeat("A", 5000)} {
			r := subscribed(t, h, id)
			if e := r.events(); len(e) != 1 || e[0].name != "snapshot" {
				t.Errorf("%.40q: %+v", id, e)
			}
			r.stop()
		}
		// The cursor of an empty log is one that is known.
		r := subscribed(t, h, EncodeCursor(nil))
		if e := r.events(); len(e) != 1 || e[0].name != "revocation" {
			t.Errorf("%+v", e)
		}
		got, _ := r.sessions(t)
		same(t, got, first)
	})
}

// TestShortCut: what this node's own writer committed goes out at once, but
// never past a gap.
func TestShortCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, _ := started(t, log)
		r := subscribed(t, h, "")
		first, second, third := log.ended(one), log.ended(one), log.ended(one)
		h.Logged([]curfew.Revocation{second})
		synctest.Wait()
		if got, _ := r.sessions(t); len(got) > 0 {
			t.Error("it went out past a gap")
		}
		h.Logged([]curfew.Revocation{first})
		h.Logged([]curfew.Revocation{third})
		synctest.Wait()
		got, _ := r.sessions(t)
		same(t, got, first)
		h.Logged([]curfew.Revocation{first, second, third})
		synctest.Wait()
		pass(time.Second)
		got, last := r.sessions(t)
		same(t, got, first, second, third)
		if last != EncodeCursor(curfew.Cursor{one: 3}) {
			t.Error("the cursor is", last)
		}
	})
}

// TestSoak runs writers, short cuts and readers that come and go: at the end
// each reader has everything, and nothing twice but what it asked for again.
func TestSoak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, _ := started(t, log)
		var written []curfew.Revocation
		var mu sync.Mutex
		var writers sync.WaitGroup
		for _, w := range []curfew.ID{one, two} {
			writers.Go(func() {
				for range 2000 {
					r := log.ended(w)
					mu.Lock()
					written = append(written, r)
					mu.Unlock()
					if w == one && rand.IntN(3) > 0 {
						h.Logged([]curfew.Revocation{r})
					}
					time.Sleep(rand.N(5 * time.Millisecond))
				}
			})
		}
		var readers sync.WaitGroup
		for range 8 {
			readers.Go(func() {
				known := map[string]int{}
				last := ""
				for range 20 {
					s, err := h.Subscribe(last, always)
					must(t, err)
					ctx, cancel := context.WithTimeout(t.Context(), rand.N(500*time.Millisecond))
					r := new(reader)
					_ = s.Run(ctx, r)
					cancel()
					ids, at := r.sessions(t)
					for _, id := range ids {
						known[id]++
					}
					if at != "" {
						last = at
					}
					time.Sleep(rand.N(300 * time.Millisecond))
				}
				writers.Wait()
				time.Sleep(time.Second)
				r := subscribed(t, h, last)
				ids, _ := r.sessions(t)
				for _, id := range ids {
					known[id]++
				}
				for _, w := range written {
					if known[w.SessionID.String()] != 1 {
						t.Errorf("%s came %d times", w.SessionID, known[w.SessionID.String()])
					}
				}
			})
		}
		readers.Wait()
	})
}

// TestEntries: every kind of entry, and the end of each.
func TestEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, _ := started(t, log)
		at := time.Now().UTC().Truncate(time.Microsecond)
		id := func(n byte) curfew.ID { return curfew.ID{n, 15: n} }
		kinds := []struct {
			curfew.Revocation
			want string
		}{
			{curfew.Revocation{AccountID: id(1), SessionID: id(2)}, `{"account_id":"01000000-0000-0000-0000-000000000001","session_id":"02000000-0000-0000-0000-000000000002",`},
			{curfew.Revocation{AccountID: id(1), SessionID: id(2), At: at.Add(time.Minute)}, `{"account_id":"01000000-0000-0000-0000-000000000001","session_id":"02000000-0000-0000-0000-000000000002","at":"2000-01-01T00:01:00Z",`},
			{curfew.Revocation{AccountID: id(1), Epoch: 7}, `{"account_id":"01000000-0000-0000-0000-000000000001","epoch":7,`},
			{curfew.Revocation{AccountID: id(1), Epoch: 1 << 52, Except: []curfew.ID{id(3), id(4)}}, `{"account_id":"01000000-0000-0000-0000-000000000001","epoch":4503599627370496,"except":["03000000-0000-0000-0000-000000000003","04000000-0000-0000-0000-000000000004"],`},
			{curfew.Revocation{AccountID: id(1), UserID: id(5), Epoch: 2}, `{"account_id":"01000000-0000-0000-0000-000000000001","user_id":"05000000-0000-0000-0000-000000000005","epoch":2,`},
			{curfew.Revocation{MintedBefore: at.Add(1500 * time.Millisecond)}, `{"minted_before":"2000-01-01T00:00:01.5Z",`},
		}
		for _, k := range kinds {
			log.write(one, k.Revocation)
		}
		pass(time.Second)
		snapshot, err := h.Snapshot()
		must(t, err)
		var text strings.Builder
		must(t, snapshot.JSON(func(b []byte) error { text.Write(b); return nil }))
		var body struct {
			Entries []json.RawMessage `json:"entries"`
		}
		must(t, json.Unmarshal([]byte(text.String()), &body))
		for i, k := range kinds {
			want := k.want + `"until":"2000-01-01T00:16:10Z"}`
			if got := string(body.Entries[i]); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		}
		pass(life)
		if n := h.Stats().Entries; n != 0 {
			t.Errorf("%d entries are kept", n)
		}
		head, err := h.Head(t.Context())
		if must(t, err); head.Cursor != EncodeCursor(nil) {
			t.Error("a cursor names what is over")
		}
	})
}

// TestSlowReader: who does not keep up is cut off, and comes back to what is
// missing.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, seen := started(t, log, func(c *Config) { c.RingBytes = 2000 })
		s, err := h.Subscribe("", always)
		must(t, err)
		slow := &reader{blocked: make(chan struct{})}
		slow.run(t, s)
		fast := subscribed(t, h, "")
		var want []curfew.Revocation
		for range 50 {
			want = append(want, log.ended(one))
			pass(150 * time.Millisecond)
		}
		close(slow.blocked)
		if err := <-slow.done; !errors.Is(err, errSlow) || !slices.Equal(seen.cuts, []string{CutSlow}) {
			t.Error(err, seen.cuts)
		}
		got, _ := fast.sessions(t)
		same(t, got, want...)
		_, last := slow.sessions(t)
		again := subscribed(t, h, last)
		got, _ = again.sessions(t)
		same(t, got, want...) // it had an empty snapshot
	})
}

// TestEndOfStreams: a revoked key and the node's end cut streams, also those
// whose readers take nothing.
func TestEndOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, seen := started(t, log)
		var refuse atomic.Pointer[error]
		s, err := h.Subscribe("", func(context.Context) error {
			if err := refuse.Load(); err != nil {
				return *err
			}
			return nil
		})
		must(t, err)
		r, other := new(reader), subscribed(t, h, "")
		r.run(t, s)
		away := curfew.Unavailable(errAway)
		refuse.Store(ptr[error](away))
		pass(5 * time.Second)
		if n := h.Stats().Streams; n != 2 {
			t.Error("a store that is away ended a stream")
		}
		refuse.Store(ptr[error](curfew.NewError(curfew.KindInvalidToken, "revoked")))
		began := time.Now()
		if err := <-r.done; !errors.Is(err, errKey) || time.Since(began) > time.Second {
			t.Error(err, time.Since(began))
		}
		pass(time.Second)
		if !slices.Equal(seen.cuts, []string{CutKey}) || h.Stats().Streams != 1 {
			t.Error(seen.cuts)
		}
		other.stop()
		r = subscribed(t, h, "")
		h.EndStreams()
		if err := <-r.done; !errors.Is(err, errClosed) {
			t.Error(err)
		}
		if _, err := h.Subscribe("", always); curfew.KindOf(err) != curfew.KindUnavailable {
			t.Error(err)
		}
		if n := h.Stats().Streams; n != 0 {
			t.Errorf("%d streams are left", n)
		}
	})
}

// TestManyPages: the log at the start is longer than one statement reads.
func TestManyPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		for range 2*pageSize + 7 {
			log.ended(one)
		}
		log.ended(two)
		h, _ := started(t, log)
		if n := h.Stats().Entries; n != 2*pageSize+8 {
			t.Errorf("%d entries", n)
		}
		// Of a long difference only the last event has an id.
		r := subscribed(t, h, EncodeCursor(curfew.Cursor{one: 7, two: 1}))
		events := r.events()
		for i, e := range events {
			if (e.id != "") != (i == len(events)-1) {
				t.Fatalf("event %d of %d has the id %q", i, len(events), e.id)
			}
		}
		if len(events) != 2*pageSize {
			t.Errorf("%d events", len(events))
		}
	})
}
