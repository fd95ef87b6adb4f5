package feed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestHead: the answer is from a reading after a fence after the question, and
// questions share.
func TestHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, seen := started(t, log)
		var all sync.WaitGroup
		for range 500 {
			all.Go(func() {
				time.Sleep(rand.N(time.Second))
				asked := time.Now()
				before := log.ended(one)
				head, err := h.Head(t.Context())
				must(t, err)
				c, err := ParseCursor(head.Cursor)
				must(t, err)
				if c[one] < before.Seq {
					t.Errorf("the head %d lacks %d, which was acknowledged before", c[one], before.Seq)
				}
				log.mu.Lock()
				defer log.mu.Unlock()
				if last := log.fences[len(log.fences)-1]; last.Before(asked) {
					t.Error("no fence after the question")
				}
			})
		}
		all.Wait()
		if seen.fences > 52 || seen.fences < 10 {
			t.Errorf("%d fences in a second", seen.fences)
		}
	})
}

// TestHeadIsRefused: where the node cannot know, it says so, and within 2 s.
// The reading may reach another server than the fence: one that was the primary,
// and does not know yet that it is none.
func TestHeadIsOfWhereTheFenceWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, _ := started(t, log)
		known := log.ended(one)
		log.mu.Lock()
		log.primary = curfew.Cursor{one: known.Seq, two: 1}
		log.mu.Unlock()
		for range 3 {
			if head, err := h.Head(t.Context()); curfew.KindOf(err) != curfew.KindUnavailable {
				t.Fatalf("vouches for what it has not read: %v, %v", head, err)
			}
		}
		log.ended(two)
		head, err := h.Head(t.Context())
		must(t, err)
		if c, err := ParseCursor(head.Cursor); err != nil || c[two] != 1 {
			t.Errorf("the head is %v, %v", c, err)
		}
	})
}

func TestHeadIsRefused(t *testing.T) {
	for name, breaks := range map[string]func(*memoryLog, *Config){
		"the store fails": func(l *memoryLog, _ *Config) { l.err = errAway },
		"the store hangs": func(l *memoryLog, _ *Config) { l.hang = true },
		"not ready":       func(_ *memoryLog, c *Config) { c.Ready = func() error { return errAway } },
		"not ready later": func(_ *memoryLog, c *Config) {
			began := time.Now()
			c.Ready = func() error {
				if time.Since(began) > time.Second {
					return errAway
				}
				return nil
			}
		},
		"the clock jumped": func(_ *memoryLog, c *Config) {
			began := time.Now()
			c.Now = func() time.Time {
				if time.Since(began) > time.Second {
					return time.Now().Add(3 * time.Second)
				}
				return time.Now()
			}
		},
	} {
		for _, early := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s early=%t", name, early), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					log := new(memoryLog)
					c := Config{Log: log, Now: time.Now}
					if early {
						breaks(log, &c)
					}
					if late := strings.HasSuffix(name, "later") || name == "the clock jumped" || name == "not ready"; late && !early {
						breaks(log, &c)
					}
					h, err := New(c)
					must(t, err)
					h.Start()
					defer h.Stop()
					pass(500 * time.Millisecond)
					if !early {
						log.mu.Lock()
						breaks(log, new(Config))
						log.mu.Unlock()
					}
					pass(2 * time.Second)
					began := time.Now()
					_, err = h.Head(t.Context())
					var e *curfew.Error
					if !errors.As(err, &e) || e.Kind != curfew.KindUnavailable || e.RetryAfter < time.Second {
						t.Errorf("got %v", err)
					}
					if took := time.Since(began); took > patience {
						t.Errorf("it took %s", took)
					}
					if h.Stats().Vouching {
						t.Error("it vouches")
					}
				})
			})
		}
	}
}

// TestClockThatJumps: what others remember is not forgotten because this
// node's wall clock jumps ahead; when it was right all the time, the node
// follows.
func TestClockThatJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		first := log.ended(one)
		var ahead atomic.Int64
		h, _ := started(t, log, func(c *Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		ahead.Store(int64(time.Hour))
		pass(20 * time.Second)
		r := subscribed(t, h, "")
		got, _ := r.sessions(t)
		same(t, got, first)
		if _, err := h.Head(t.Context()); err == nil {
			t.Error("it vouches")
		}
		pass(20 * time.Second)
		if _, err := h.Head(t.Context()); err != nil {
			t.Error(err)
		}
		if n := h.Stats().Entries; n != 0 {
			t.Errorf("%d entries are kept", n)
		}
	})
}

// TestBeforeTheFirstReading nothing is told.
func TestBeforeTheFirstReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &memoryLog{err: errAway}
		h, _ := started(t, log)
		_, err := h.Subscribe("", always)
		_, err2 := h.Snapshot()
		if curfew.KindOf(err) != curfew.KindUnavailable || curfew.KindOf(err2) != curfew.KindUnavailable {
			t.Error(err, err2)
		}
		log.mu.Lock()
		log.err = nil
		log.mu.Unlock()
		pass(2 * time.Second)
		if _, err := h.Snapshot(); err != nil {
			t.Error(err)
		}
	})
}

// TestAhead: tokens ahead of the store freeze vouching when two sessions show
// one within a minute.
func TestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := started(t, new(memoryLog))
		vouches := func(want bool) {
			t.Helper()
			if _, err := h.Head(t.Context()); (err == nil) != want {
				t.Error(err)
			}
		}
		h.Ahead(curfew.ID{1})
		h.Ahead(curfew.ID{1})
		vouches(true)
		pass(61 * time.Second)
		h.Ahead(curfew.ID{2})
		vouches(true)
		pass(59 * time.Second)
		h.Ahead(curfew.ID{3})
		vouches(false)
		pass(time.Hour)
		vouches(false)
	})
}

// TestCrowded: a head that verifiers do not take is refused with the reason, which
// goes away with what caused it.
func TestCrowded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(memoryLog)
		h, _ := started(t, log)
		writer := func(i int) curfew.ID { return curfew.ID{8, byte(i >> 8), byte(i), 15: 1} }
		end := func(i int) {
			log.write(writer(i), curfew.Revocation{AccountID: acme, SessionID: curfew.NewID(time.Now()), Until: time.Now().Add(10 * time.Second)})
		}
		for i := range mostWriters {
			end(i)
		}
		pass(time.Second)
		if head, err := h.Head(t.Context()); err != nil || len(head.Cursor) > 40<<10 {
			t.Fatalf("%d characters, %v", len(head.Cursor), err)
		}
		end(mostWriters)
		pass(time.Second)
		if _, err := h.Head(t.Context()); !errors.Is(err, errCrowded) || curfew.KindOf(err) != curfew.KindUnavailable {
			t.Errorf("%v", err)
		}
		pass(10 * time.Second)
		if _, err := h.Head(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
