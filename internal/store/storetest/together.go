package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// waiting lets a leader's transaction be held while others of its account
// arrive behind it, each running one of fns, lets all go on, and gives what
// became of them. The leader's comes first.
func (w *World) waiting(hook func(Call) error, fns ...func(context.Context, authority.Tx) error) []error {
	w.T.Helper()
	held, release := w.hold(hook)
	defer w.Tap.Watch(nil)
	errs := make([]error, 1+len(fns))
	var wg sync.WaitGroup
	wg.Go(func() {
		errs[0] = w.Store.InTx(bg, w.Acme.ID(), func(context.Context, authority.Tx) error { return nil })
	})
	<-held
	for i, fn := range fns {
		wg.Go(func() { errs[i+1] = w.Store.InTx(bg, w.Acme.ID(), fn) })
	}
	time.Sleep(20 * time.Millisecond) // as in gathered
	release()
	wg.Wait()
	return errs
}

// renaming is a transaction that renames a person.
func (w *World) renaming(p Person, name string) func(context.Context, authority.Tx) error {
	return func(ctx context.Context, tx authority.Tx) error {
		return tx.RenameUser(ctx, p.Standing.User.AccountID, p.User(), name)
	}
}

// nameOf is a person's name as it is stored.
func (w *World) nameOf(p Person) (name string) {
	w.T.Helper()
	w.View(func(ctx context.Context, r authority.Reader) error {
		u, err := r.User(ctx, p.Standing.User.AccountID, p.User())
		name = u.Name
		return err
	})
	return name
}

// folk are n people of the account under test, without passwords.
func (w *World) folk(n int) (all []Person) {
	w.T.Helper()
	for i := range n {
		all = append(all, w.Settle(w.Acme, fmt.Sprint("Person ", i), fmt.Sprintf("p%d@acme.example", i), curfew.RoleMember, 1)...)
	}
	return all
}

// grouped: transactions of an account that wait are committed together, and
// none of them can tell.
func grouped(t *testing.T, open Open) {
	scenario(t, open, "transactions that wait are committed together", func(w *World) {
		people := w.folk(32)
		fns := make([]func(context.Context, authority.Tx) error, len(people))
		for i, p := range people {
			fns[i] = w.renaming(p, "Renamed")
		}
		var commits atomic.Int32
		errs := w.waiting(func(c Call) error {
			if c.Op == OpCommit {
				commits.Add(1)
			}
			return nil
		}, fns...)
		must(w.T, errors.Join(errs...))
		if commits.Load() > 8 {
			w.T.Errorf("%d commits for %d transactions", commits.Load(), len(people))
		}
		for _, p := range people {
			if name := w.nameOf(p); name != "Renamed" {
				w.T.Errorf("the name is %q", name)
			}
		}
	})
	scenario(t, open, "one that is refused after it wrote changes nothing, and takes nobody along", func(w *World) {
		people := w.folk(8)
		fns := make([]func(context.Context, authority.Tx) error, len(people))
		for i, p := range people {
			fns[i] = w.renaming(p, "Renamed")
		}
		refusal := curfew.NewError(curfew.KindForbidden, "not today")
		fns[3] = func(ctx context.Context, tx authority.Tx) error {
			return errors.Join(w.renaming(people[3], "Spoilt")(ctx, tx), refusal)
		}
		fns[5] = func(ctx context.Context, tx authority.Tx) error { return refusal } // wrote nothing
		for i, err := range w.waiting(nil, fns...) {
			if wrong := i-1 == 3 || i-1 == 5; wrong != errors.Is(err, refusal) {
				w.T.Errorf("transaction %d: %v", i-1, err)
			}
		}
		for i, p := range people {
			want := "Renamed"
			if i == 3 || i == 5 {
				want = fmt.Sprint("Person ", i)
			}
			if name := w.nameOf(p); name != want {
				w.T.Errorf("person %d is %q, want %q", i, name, want)
			}
		}
	})
	scenario(t, open, "one that panics does so where it was asked for, and takes nobody along", func(w *World) {
		people := w.folk(4)
		panicked := make(chan any, 1)
		fns := make([]func(context.Context, authority.Tx) error, len(people))
		for i, p := range people {
			fns[i] = w.renaming(p, "Renamed")
		}
		held, release := w.hold(nil)
		defer w.Tap.Watch(nil)
		errs := make([]error, len(people))
		var wg sync.WaitGroup
		wg.Go(func() {
			defer func() { panicked <- recover() }()
			_ = w.Store.InTx(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
				_ = fns[0](ctx, tx)
				panic("oh")
			})
		})
		<-held
		for i := 1; i < len(people); i++ {
			wg.Go(func() { errs[i] = w.Store.InTx(bg, w.Acme.ID(), fns[i]) })
		}
		time.Sleep(20 * time.Millisecond)
		release()
		wg.Wait()
		if got := <-panicked; got != "oh" {
			w.T.Errorf("the caller saw %v", got)
		}
		must(w.T, errors.Join(errs...))
		if name := w.nameOf(people[0]); name != "Person 0" {
			w.T.Errorf("what panicked was committed: %q", name)
		}
		if name := w.nameOf(people[3]); name != "Renamed" {
			w.T.Errorf("the name is %q", name)
		}
	})
	scenario(t, open, "whoever leaves before their turn has done nothing", func(w *World) {
		p := w.folk(1)[0]
		held, release := w.hold(nil)
		defer w.Tap.Watch(nil)
		var wg sync.WaitGroup
		wg.Go(func() { _ = w.Store.InTx(bg, w.Acme.ID(), w.renaming(p, "Renamed")) })
		<-held
		ctx, cancel := context.WithCancel(bg)
		ran := false
		gone := make(chan error)
		go func() {
			gone <- w.Store.InTx(ctx, w.Acme.ID(), func(context.Context, authority.Tx) error { ran = true; return nil })
		}()
		cancel()
		w.WantKind(<-gone, curfew.KindUnavailable)
		release()
		wg.Wait()
		if ran {
			w.T.Error("it was run all the same")
		}
	})
	scenario(t, open, "what has begun ends, though its caller has left", func(w *World) {
		p := w.folk(1)[0]
		ctx, cancel := context.WithCancel(bg)
		must(w.T, w.Store.InTx(ctx, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
			cancel()
			return w.renaming(p, "Renamed")(ctx, tx)
		}))
		if name := w.nameOf(p); name != "Renamed" {
			w.T.Errorf("the name is %q", name)
		}
	})
	scenario(t, open, "whose deadline comes while the engine does not begin has done nothing", func(w *World) {
		p := w.folk(1)[0]
		held, release := w.hold(nil)
		defer w.Tap.Watch(nil)
		ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
		defer cancel()
		err := w.Store.InTx(ctx, w.Acme.ID(), w.renaming(p, "Renamed"))
		<-held
		w.WantKind(err, curfew.KindUnavailable)
		if errors.Is(err, authority.ErrUnknown) {
			w.T.Errorf("nothing was done, and it is not known: %v", err)
		}
		stays := make(chan error)
		go func() {
			stays <- w.Store.InTx(bg, w.Acme.ID(), func(context.Context, authority.Tx) error { return nil })
		}()
		release()
		must(w.T, <-stays)
		if name := w.nameOf(p); name != "Person 0" {
			w.T.Errorf("the name is %q", name)
		}
	})
	scenario(t, open, "nobody waits for a commit beyond their deadline, and it goes on", func(w *World) {
		p := w.folk(1)[0]
		ctx, returned := due{bg, make(chan struct{})}, make(chan struct{})
		var first sync.Once
		w.Tap.Watch(func(c Call) error {
			if c.Op == OpCommit {
				first.Do(func() {
					close(ctx.come)
					<-returned
				})
			}
			return nil
		})
		err := w.Store.InTx(ctx, w.Acme.ID(), w.renaming(p, "Renamed"))
		close(returned)
		w.WantKind(err, curfew.KindUnavailable)
		if !errors.Is(err, authority.ErrUnknown) {
			w.T.Errorf("it is said to be known: %v", err)
		}
		must(w.T, w.Store.InTx(bg, w.Acme.ID(), func(context.Context, authority.Tx) error { return nil })) // comes after it
		w.Tap.Watch(nil)
		if name := w.nameOf(p); name != "Renamed" {
			w.T.Errorf("the name is %q", name)
		}
	})
	scenario(t, open, "a commit whose answer was lost is not tried again", func(w *World) {
		p := w.folk(1)[0]
		runs := 0
		w.Tap.Watch(func(c Call) error {
			if c.Op == OpCommitted {
				return errInjected
			}
			return nil
		})
		err := w.Store.InTx(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
			runs++
			return w.renaming(p, "Renamed")(ctx, tx)
		})
		w.Tap.Watch(nil)
		w.WantKind(err, curfew.KindUnavailable)
		if name := w.nameOf(p); runs != 1 || name != "Renamed" {
			w.T.Errorf("%d runs, the name is %q", runs, name)
		}
	})
	scenario(t, open, "what a transaction reads holds until it commits", func(w *World) {
		// Each adds a letter to what it read: no letter is lost.
		p := w.folk(1)[0]
		var wg sync.WaitGroup
		const n = 40
		for range n {
			wg.Go(func() {
				must(w.T, w.Store.InTx(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
					u, err := tx.User(ctx, w.Acme.ID(), p.User())
					if err != nil {
						return err
					}
					return tx.RenameUser(ctx, w.Acme.ID(), p.User(), u.Name+"x")
				}))
			})
		}
		wg.Wait()
		if got, want := len(w.nameOf(p)), len("Person 0")+n; got != want {
			w.T.Errorf("%d letters, want %d", got, want)
		}
	})
}

// due is a context whose deadline comes when the test says so.
type due struct {
	context.Context
	come chan struct{}
}

func (d due) Done() <-chan struct{} { return d.come }

func (d due) Err() error {
	select {
	case <-d.come:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
