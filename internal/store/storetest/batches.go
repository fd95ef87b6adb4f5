package storetest

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// errInjected is what a fault of the tests fails with.
var errInjected = errors.New("a fault injected by the test")

// rotating reports whether a call is the statement of a refresh.
func rotating(c Call) bool {
	return c.Statement() && strings.HasPrefix(c.SQL, "UPDATE sessions") && strings.Contains(c.SQL, "generation + 1")
}

// about reports whether a statement has an id among its arguments, alone or in
// a list of many.
func about(c Call, id curfew.ID) bool {
	is := func(b []byte) bool { return bytes.Equal(b, id[:]) }
	return slices.ContainsFunc(c.Args, func(a driver.NamedValue) bool {
		switch v := a.Value.(type) {
		case []byte:
			return is(v)
		case [][]byte:
			return slices.ContainsFunc(v, is)
		default:
			return false
		}
	})
}

// hold keeps the next transaction from beginning, so that calls gather behind
// it, until it is released; then calls are seen by hook.
func (w *World) hold(hook func(Call) error) (held <-chan struct{}, release func()) {
	reached, released := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	w.Tap.Watch(func(c Call) error {
		if c.Op == OpBegin && first.CompareAndSwap(false, true) {
			close(reached)
			<-released
		}
		if hook == nil {
			return nil
		}
		return hook(c)
	})
	return reached, sync.OnceFunc(func() { close(released) })
}

// gathered lets a leader's refresh be held while the others' arrive behind it,
// lets all go on, and gives their answers.
func (w *World) gathered(people []Person, attempt string, hook func(Call) error) (granted []authority.Granted, errs []error) {
	w.T.Helper()
	granted, errs = make([]authority.Granted, len(people)), make([]error, len(people))
	held, release := w.hold(hook)
	defer w.Tap.Watch(nil)
	var wg sync.WaitGroup
	refresh := func(i int) {
		wg.Go(func() { granted[i], errs[i] = w.Refresh(people[i].RefreshToken, attempt) })
	}
	refresh(0)
	<-held
	for i := 1; i < len(people); i++ {
		refresh(i)
	}
	// There is no sign of a call that waits; what comes later only makes the
	// batch smaller, and no test depends on its size.
	time.Sleep(20 * time.Millisecond)
	release()
	wg.Wait()
	return granted, errs
}

// people are n sessions of the account under test.
func (w *World) people(n int) (all []Person) {
	w.T.Helper()
	for range n {
		all = append(all, w.SignIn(w.Acme.Owner.Email))
	}
	return all
}

func batches(t *testing.T, open Open) {
	scenario(t, open, "a refresh is one statement, a replay two more reads", func(w *World) {
		p := w.Acme.Owner
		count := func(want int, do func() error) {
			w.T.Helper()
			stop := w.Tap.Statements()
			err := do()
			// Where commits are confirmed by others too, a replay's locks a row.
			locks := func(sql string) bool { return strings.HasSuffix(sql, "FOR NO KEY UPDATE") }
			if got := slices.DeleteFunc(stop(), locks); len(got) != want {
				w.T.Errorf("%d statements, want %d (%v):\n%s", len(got), want, err, strings.Join(got, "\n"))
			}
		}
		refresh := func(token, attempt string) func() error {
			return func() error { _, err := w.Refresh(token, attempt); return err }
		}
		first := p.RefreshToken
		count(1, refresh(first, "attempt-one-16-chars"))
		count(3, refresh(first, "attempt-one-16-chars"))
		count(0, refresh("cfr_x", ""))
		next := w.Decode(first).Successor()
		count(1, func() error { _, err := w.Present(w.Named(w.Codec.Encode(next))); return err }) // young
		w.Clock.Add(time.Hour)
		count(1, func() error { _, err := w.Present(w.Named(w.Codec.Encode(next))); return err })
		forged := next
		forged.Secret[1] ^= 1
		count(2, refresh(w.Codec.Encode(forged), ""))
		must(w.T, w.SignOut(bg, Origin, authority.SignOut{Token: first}))
		count(2, refresh(w.Codec.Encode(next.Successor()), ""))
		count(1, func() error { _, err := w.Observe(bg, authority.Presented{Cookie: first}); return err })
		count(1, func() error { _, err := w.Authenticate(bg, w.Bearer(p)); return err })
	})
	scenario(t, open, "refreshes that wait are committed together", func(w *World) {
		people := w.people(32)
		var commits, statements atomic.Int32
		_, errs := w.gathered(people, "", func(c Call) error {
			switch {
			case c.Op == OpCommit:
				commits.Add(1)
			case c.Statement():
				statements.Add(1)
			}
			return nil
		})
		must(w.T, errors.Join(errs...))
		// One for each at most, and one in each commit for all answers.
		if commits.Load() >= 32 || statements.Load() > 32+commits.Load() {
			w.T.Errorf("%d commits and %d statements for 32 refreshes", commits.Load(), statements.Load())
		}
		for _, p := range people {
			if g := w.Stands(p).Session.Generation; g != 2 {
				w.T.Errorf("generation %d", g)
			}
		}
	})
	scenario(t, open, "a call that cannot be done does not take the others with it", func(w *World) {
		people := w.people(8)
		poisoned := people[5].Session()
		_, errs := w.gathered(people, "", func(c Call) error {
			if rotating(c) && about(c, poisoned) {
				return errInjected
			}
			return nil
		})
		for i, err := range errs {
			if i == 5 {
				w.WantKind(err, curfew.KindUnavailable)
				if !errors.Is(err, errInjected) {
					w.T.Errorf("the cause is lost: %v", err)
				}
			} else if err != nil {
				w.T.Errorf("refresh %d: %v", i, err)
			}
		}
		if g := w.Stands(people[5]).Session.Generation; g != 1 {
			w.T.Errorf("generation %d", g)
		}
		w.MustRefresh(people[5], "") // the next try works
	})
	for name, period := range map[string]time.Duration{"": Grace, ", with grace 0": 0} {
		scenario(t, open, "a commit whose answer was lost is known by its mark"+name, func(w *World) {
			for _, n := range []int{1, 8} {
				people := w.people(n)
				w.NewEvents(w.Acme.ID())
				var lost atomic.Int32
				granted, errs := w.gathered(people, "attempt-one-16-chars", func(c Call) error {
					if c.Op == OpCommitted && lost.Add(1) == 1 { // what confirms it later is answered
						return errInjected
					}
					return nil
				})
				must(w.T, errors.Join(errs...))
				for i, p := range people {
					if g := w.Stands(p).Session.Generation; g != 2 {
						w.T.Errorf("generation %d", g)
					}
					if want := w.Codec.Encode(w.Decode(p.RefreshToken).Successor()); granted[i].RefreshToken != want || !granted[i].Rotated {
						w.T.Error("not the successor")
					}
					w.MustRefresh(Person{granted[i], p.Email}, "")
				}
				w.WantActions(w.Acme.ID())
			}
		}, grace(period))
	}
	scenario(t, open, "a commit that failed is answered as a failure", func(w *World) {
		people := w.people(4)
		_, errs := w.gathered(people, "", func(c Call) error {
			if c.Op == OpCommit {
				return errInjected
			}
			return nil
		})
		for i, err := range errs {
			w.WantKind(err, curfew.KindUnavailable)
			if g := w.Stands(people[i]).Session.Generation; g != 1 {
				w.T.Errorf("generation %d", g)
			}
			w.MustRefresh(people[i], "")
		}
	})
	scenario(t, open, "a caller who stops waiting takes nobody along", func(w *World) {
		p, q := w.people(1)[0], w.people(1)[0]
		ctx, cancel := context.WithCancel(bg)
		held, release := w.hold(nil)
		gone, stays := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := w.Authority.Refresh(ctx, Origin, authority.Refresh{Token: p.RefreshToken, Attempt: "attempt-one-16-chars"})
			gone <- err
		}()
		<-held
		go func() { _, err := w.Refresh(q.RefreshToken, ""); stays <- err }()
		cancel()
		w.WantKind(<-gone, curfew.KindUnavailable)
		release()
		must(w.T, <-stays)
		w.Tap.Watch(nil)
		if g := w.Stands(q).Session.Generation; g != 2 {
			w.T.Errorf("generation %d", g)
		}
		// Done or not, the retry of whoever left gets the one successor.
		next := w.MustRefresh(p, "attempt-one-16-chars")
		if g := w.Stands(p).Session.Generation; g != 2 || w.Decode(next.RefreshToken).Generation != 2 {
			w.T.Errorf("generation %d", g)
		}
	})
	misuse(t, open)
}

// misuse of the store from inside a transaction fails at once, rather than
// waiting for itself.
func misuse(t *testing.T, open Open) {
	scenario(t, open, "the store inside a transaction", func(w *World) {
		s, id := w.Acme.Owner.Standing.Session, w.Acme.ID()
		calls := map[string]func(ctx context.Context) error{
			"View": func(ctx context.Context) error {
				return w.Store.View(ctx, func(context.Context, authority.Reader) error { return nil })
			},
			"InTx": func(ctx context.Context) error {
				return w.Store.InTx(ctx, curfew.ZeroID, func(context.Context, authority.Tx) error { return nil })
			},
			"InLog": func(ctx context.Context) error {
				return w.Store.InLog(ctx, curfew.ZeroID, func(context.Context, authority.Tx) error { return nil })
			},
			"RevocationsAfter": func(ctx context.Context) error {
				_, _, err := w.Log().RevocationsAfter(ctx, nil, 1)
				return err
			},
			"Rotate": func(ctx context.Context) error {
				_, err := w.Store.Rotate(ctx, authority.Rotation{AccountID: id, SessionID: s.ID, Generation: 1, SecretHash: s.SecretHash, Now: w.Clock.Now(), ActiveAt: w.Clock.Now()})
				return err
			},
			"Standing": func(ctx context.Context) error { _, err := w.Store.Standing(ctx, id, s.ID); return err },
		}
		for name, call := range calls {
			check := func(ctx context.Context) error {
				began := time.Now()
				if err := call(ctx); err == nil || errors.Is(err, curfew.ErrNotFound) {
					w.T.Errorf("%s was done inside a transaction: %v", name, err)
				}
				if took := time.Since(began); took > time.Second {
					w.T.Errorf("%s waited %v", name, took)
				}
				return nil
			}
			w.Tx(func(ctx context.Context, _ authority.Tx) error { return check(ctx) })
			w.View(func(ctx context.Context, _ authority.Reader) error { return check(ctx) })
			// Passed on, the mistake undoes the transaction.
			before := w.all(id)
			err := w.Store.InTx(bg, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
				if err := tx.Audit(ctx, audit.Event{AccountID: id, ID: curfew.NewID(w.Clock.Now()), OccurredAt: w.Clock.Now(), Details: []byte("{}")}); err != nil {
					return err
				}
				return call(ctx)
			})
			if err == nil || !sameState(before, w.all(id)) {
				w.T.Errorf("%s: %v", name, err)
			}
		}
	})
}
