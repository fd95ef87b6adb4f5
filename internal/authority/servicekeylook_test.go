package authority

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// lookRig is a store whose readings end when they are let go.
type lookRig struct {
	*keyLooks
	reads atomic.Int64
	mu    sync.Mutex
	keys  []curfew.ServiceKey
	err   error
	let   chan struct{}
}

func newLookRig() *lookRig {
	r := &lookRig{let: make(chan struct{})}
	r.keyLooks = &keyLooks{elapsed: func() time.Duration { return time.Duration(r.reads.Load()) }, read: func(ctx context.Context) ([]curfew.ServiceKey, error) {
		r.reads.Add(1)
		r.mu.Lock()
		keys, err := r.keys, r.err
		r.mu.Unlock()
		select {
		case <-r.let:
			return keys, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	return r
}

// ask looks for a key and gives what came of it.
func (r *lookRig) ask(ctx context.Context, id curfew.ID) chan error {
	out := make(chan error, 1)
	go func() {
		key, asked, err := r.find(ctx, id)
		if err == nil && (key.ID != id || asked != time.Duration(r.reads.Load()-1)) {
			err = errors.New("another key, or of another time")
		}
		out <- err
	}()
	synctest.Wait()
	return out
}

// TestMadeUpKeysShareReadings: however many are tried at once, they are read one
// after another; and a key that was made meanwhile is in the next.
func TestMadeUpKeysShareReadings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLookRig()
		first := r.ask(t.Context(), curfew.ID{1})
		var more []chan error
		for i := range 100 {
			more = append(more, r.ask(t.Context(), curfew.ID{2, byte(i)}))
		}
		r.mu.Lock()
		r.keys = []curfew.ServiceKey{{ID: curfew.ID{3}}} // made after the first reading began
		r.mu.Unlock()
		made := r.ask(t.Context(), curfew.ID{3})
		gone, leave := context.WithCancel(t.Context())
		left := r.ask(gone, curfew.ID{3})
		leave()
		if err := <-left; curfew.KindOf(err) != curfew.KindUnavailable {
			t.Errorf("who went away got %v", err)
		}
		r.let <- struct{}{}
		if err := <-first; !errors.Is(err, curfew.ErrNotFound) {
			t.Errorf("the first: %v", err)
		}
		r.let <- struct{}{}
		if err := <-made; err != nil {
			t.Errorf("a key that was made a moment ago: %v", err)
		}
		for _, one := range more {
			if err := <-one; !errors.Is(err, curfew.ErrNotFound) {
				t.Errorf("a key that was made up: %v", err)
			}
		}
		if n := r.reads.Load(); n != 2 {
			t.Errorf("%d readings", n)
		}
	})
}

// TestLookWithoutStore: nobody is refused for good where the store fails, and
// nobody waits for one that hangs.
func TestLookWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newLookRig()
		r.err = curfew.Unavailable(errors.New("away"))
		failed := r.ask(t.Context(), curfew.ID{1})
		r.let <- struct{}{}
		if err := <-failed; curfew.KindOf(err) != curfew.KindUnavailable {
			t.Errorf("%v", err)
		}
		began := time.Now()
		if err := <-r.ask(t.Context(), curfew.ID{1}); err == nil || errors.Is(err, curfew.ErrNotFound) || time.Since(began) != serviceKeyPatience {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		r.mu.Lock()
		r.err, r.keys = nil, []curfew.ServiceKey{{ID: curfew.ID{1}}}
		r.mu.Unlock()
		again := r.ask(t.Context(), curfew.ID{1})
		r.let <- struct{}{}
		if err := <-again; err != nil {
			t.Errorf("the store is back: %v", err)
		}
	})
}
