package storetest

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// µs is the finest time that the store keeps.
const µs = time.Microsecond

// ReasonOf is why a session ended, as an error tells it.
func ReasonOf(err error) curfew.Reason {
	var e *curfew.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// asError reports whether err is one that may be told, and gives it.
func asError(err error, e **curfew.Error) bool { return errors.As(err, e) }

// sameState compares two readings of an account.
func sameState(a, b accountState) bool { return reflect.DeepEqual(a, b) }

// always goes on from one chunk of background work to the next.
func always(context.Context) error { return nil }

// ptr is a pointer to a copy of v.
func ptr[T any](v T) *T { return &v }

// Counters is an authority.Observer that counts.
type Counters struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *Counters) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[name]++
}

// Take is what was counted since it was last asked for.
func (c *Counters) Take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := maps.Clone(c.count)
	clear(c.count)
	return taken
}

// Refreshed counts an outcome of a refresh.
func (c *Counters) Refreshed(outcome string) { c.add("refresh " + outcome) }

// SignedIn counts an outcome of a sign-in.
func (c *Counters) SignedIn(outcome string) { c.add("signin " + outcome) }

// Alarm counts an alarm.
func (c *Counters) Alarm(kind string) { c.add("alarm " + kind) }

// Ahead is part of authority.Observer.
func (c *Counters) Ahead(curfew.ID) { c.add("ahead") }

// together runs n functions that start at the same moment, and waits for all.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// revoke ends many sessions, and says how many.
func (w *World) revoke(actor curfew.Actor, scope authority.Scope) (int, error) {
	ended, err := w.RevokeSessions(bg, actor, Origin, scope)
	return ended.Count, err
}
