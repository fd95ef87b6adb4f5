package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Log is the revocation log as its readers see it.
type Log interface {
	RevocationsAfter(ctx context.Context, c curfew.Cursor, limit int) (entries []curfew.Revocation, heads curfew.Cursor, err error)
	LiveRevocations(ctx context.Context, now time.Time, after curfew.LogPlace, limit int) ([]curfew.Revocation, error)
	Fence(ctx context.Context, now time.Time) (heads curfew.Cursor, err error)
	WriterID() curfew.ID
	OnLogged(fn func([]curfew.Revocation))
	SetClock(now func() time.Time)
}

// Log is the store's log.
func (w *World) Log() Log {
	w.T.Helper()
	log, ok := w.Config.Store.(Log)
	if !ok {
		w.T.Fatal("the store has no revocation log")
	}
	return log
}

// read reads on from a cursor, which it moves, until there is nothing more.
func read(log Log, c curfew.Cursor, limit int) (all []curfew.Revocation, err error) {
	for {
		entries, heads, err := log.RevocationsAfter(bg, c, limit)
		if err != nil {
			return all, err
		}
		all = append(all, entries...)
		for _, e := range entries {
			if was := c[e.Writer]; was != 0 && e.Seq != was+1 { // the oldest may have been removed
				return all, fmt.Errorf("entry %d of %s comes after %d", e.Seq, e.Writer, was)
			}
			c[e.Writer] = e.Seq
		}
		if len(entries) < limit {
			for id, head := range heads {
				if c[id] != head {
					return all, fmt.Errorf("read of %s is %d, and its head is %d", id, c[id], head)
				}
			}
			return all, nil
		}
	}
}

// Logged are all entries of the log. It fails the test where numbers are left
// out.
func (w *World) Logged() []curfew.Revocation {
	w.T.Helper()
	all, err := read(w.Log(), curfew.Cursor{}, 100)
	must(w.T, err)
	return all
}

// NewLogged are the entries since they were last asked for, without their place
// and their end.
func (w *World) NewLogged() (entries []curfew.Revocation) {
	w.T.Helper()
	entries, err := read(w.Log(), w.cursor, 100)
	must(w.T, err)
	for i := range entries {
		e := &entries[i]
		if until := w.Clock.Now().Add(curfew.RevocationLife); e.Until.After(until) || e.Until.Before(until.Add(-time.Hour)) {
			w.T.Errorf("an entry of %v ends at %v", w.Clock.Now(), e.Until)
		}
		e.Writer, e.Seq, e.Until = curfew.ID{}, 0, time.Time{}
	}
	return entries
}

// inLog is InLog for what says nothing of the sessions that it looks at.
func inLog(store authority.Store) func(context.Context, curfew.ID, func(context.Context, authority.Tx) error) error {
	return func(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
		return store.InLog(ctx, accountID, fn)
	}
}

// logging is a transaction that logs the end of sessions of an account.
func logging(account curfew.ID, sessions ...curfew.ID) func(context.Context, authority.Tx) error {
	return func(ctx context.Context, tx authority.Tx) error {
		for _, id := range sessions {
			if err := tx.Log(ctx, curfew.Revocation{AccountID: account, SessionID: id}); err != nil {
				return err
			}
		}
		return nil
	}
}

func feed(t *testing.T, open Open) {
	scenario(t, open, "entries are read as they were written", func(w *World) {
		id := func() curfew.ID { return curfew.NewID(w.Clock.Now()) }
		at := w.Clock.Now().Add(time.Minute)
		want := []curfew.Revocation{
			{AccountID: w.Acme.ID(), SessionID: id()},
			{AccountID: w.Acme.ID(), SessionID: id(), At: at},
			{AccountID: w.Acme.ID(), Epoch: 1<<53 - 1},
			{AccountID: w.Acme.ID(), Epoch: 2, Except: []curfew.ID{id()}},
			{AccountID: w.Acme.ID(), UserID: id(), Epoch: 3, Except: []curfew.ID{id(), id()}},
			{MintedBefore: at},
		}
		w.NewLogged()
		var told []curfew.Revocation
		w.Log().OnLogged(func(entries []curfew.Revocation) { told = append(told, entries...) })
		must(w.T, w.Store.InLog(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error { return tx.Log(ctx, want[:4]...) }))
		w.Clock.Add(time.Second)
		must(w.T, w.Store.InLog(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error {
			return errors.Join(tx.Log(ctx), tx.Log(ctx, want[4]), tx.Log(ctx, want[5]))
		}))
		all := w.Logged()
		all = all[len(all)-len(want):]
		for i, e := range all {
			if e.Writer != w.Log().WriterID() || e.Until != w.Clock.Now().Add(curfew.RevocationLife) && i > 3 {
				w.T.Errorf("%+v", e)
			}
		}
		if !reflect.DeepEqual(told, all) {
			w.T.Errorf("told\n%+v, stored\n%+v", told, all)
		}
		if got := w.NewLogged(); !reflect.DeepEqual(got, want) {
			w.T.Errorf("read\n%+v, want\n%+v", got, want)
		}
	})
	scenario(t, open, "what still matters is read by place", func(w *World) {
		w.Clock.Add(time.Hour) // past what the making of the world logged
		for i := range 5 {
			must(w.T, w.Store.InLog(bg, w.Acme.ID(), logging(w.Acme.ID(), curfew.NewID(w.Clock.Now()))))
			if i == 1 {
				w.Clock.Add(time.Minute)
			}
		}
		w.Clock.Add(curfew.RevocationLife - time.Minute)
		var place curfew.LogPlace
		var got []curfew.Revocation
		for {
			chunk, err := w.Log().LiveRevocations(bg, w.Clock.Now(), place, 2)
			must(w.T, err)
			got = append(got, chunk...)
			if len(chunk) < 2 {
				break
			}
			place = chunk[1].Place()
		}
		if all := w.Logged(); !reflect.DeepEqual(got, all[len(all)-3:]) {
			w.T.Errorf("read %+v of %+v", got, all)
		}
	})
	scenario(t, open, "nothing is logged elsewhere, nor when the transaction fails", func(w *World) {
		before := w.Logged()
		log := logging(w.Acme.ID(), curfew.NewID(w.Clock.Now()))
		if err := w.Store.InTx(bg, w.Acme.ID(), log); err == nil {
			w.T.Error("a transaction logged outside the log's lane")
		}
		refusal := curfew.NewError(curfew.KindForbidden, "not today")
		for _, in := range []func(context.Context, curfew.ID, func(context.Context, authority.Tx) error) error{inLog(w.Store), w.Store.InBulk} {
			err := in(bg, w.Acme.ID(), func(ctx context.Context, tx authority.Tx) error { return errors.Join(log(ctx, tx), refusal) })
			if !errors.Is(err, refusal) {
				w.T.Errorf("%v", err)
			}
		}
		if after := w.Logged(); !reflect.DeepEqual(before, after) {
			w.T.Errorf("logged %+v", after[len(before):])
		}
	})
	scenario(t, open, "a commit whose answer was lost begins another log", func(w *World) {
		session := func() curfew.ID { return curfew.NewID(w.Clock.Now()) }
		must(w.T, w.Store.InLog(bg, w.Acme.ID(), logging(w.Acme.ID(), session())))
		first := w.Log().WriterID()
		told := 0
		w.Log().OnLogged(func(e []curfew.Revocation) { told += len(e) })
		for _, op := range []Op{OpCommitted, OpCommit} {
			w.Tap.Watch(func(c Call) error {
				if c.Op == op {
					return errInjected
				}
				return nil
			})
			err := w.Store.InLog(bg, w.Acme.ID(), logging(w.Acme.ID(), session()))
			w.Tap.Watch(nil)
			w.WantKind(err, curfew.KindUnavailable)
			must(w.T, w.Store.InLog(bg, w.Acme.ID(), logging(w.Acme.ID(), session(), session())))
			next := w.Log().WriterID()
			if next == first {
				w.T.Error("the log goes on under numbers of unknown meaning")
			}
			first = next
		}
		if told != 4 {
			w.T.Errorf("told of %d entries, want the four that are known to hold", told)
		}
		w.Logged()
	})
	scenario(t, open, "a fence is a durable write, or fails", func(w *World) {
		fence := func() error { _, err := w.Log().Fence(bg, w.Clock.Now()); return err }
		must(w.T, fence())
		must(w.T, w.Store.InLog(bg, w.Acme.ID(), logging(w.Acme.ID(), curfew.NewID(w.Clock.Now()))))
		heads, err := w.Log().Fence(bg, w.Clock.Now())
		must(w.T, err)
		if _, read, err := w.Log().RevocationsAfter(bg, nil, 1); err != nil || len(read) == 0 || !maps.Equal(heads, read) {
			w.T.Errorf("a fence says that the logs go to %v; they go to %v, %v", heads, read, err)
		}
		var commits int
		w.Tap.Watch(func(c Call) error {
			if c.Op == OpCommit {
				commits++
			}
			return nil
		})
		must(w.T, fence()) // also when nothing is new
		w.Tap.Watch(nil)
		if commits != 1 {
			w.T.Errorf("%d commits", commits)
		}
		for _, op := range []Op{OpBegin, OpCommit, OpCommitted} {
			w.Tap.Watch(func(c Call) error {
				if c.Op == op {
					return errInjected
				}
				return nil
			})
			err := fence()
			w.Tap.Watch(nil)
			w.WantKind(err, curfew.KindUnavailable)
		}
	})
	scenario(t, open, "writers, failing ones among them, and a reader that misses nothing", func(w *World) {
		FollowLog(w.T, []authority.Store{w.Store}, []curfew.ID{w.Acme.ID(), w.Other.ID()}, w.Clock.Now)
		w.otherMayChange = true
	})
}

// FollowLog has many write to the log at once, through stores that are one
// installation's, and some of them fail. Readers follow it meanwhile. What was
// confirmed must have been read by each, once, and nothing that failed.
func FollowLog(t testing.TB, stores []authority.Store, accounts []curfew.ID, now func() time.Time) {
	t.Helper()
	const writers, rounds = 24, 20
	var mu sync.Mutex
	confirmed, failed := map[curfew.ID]bool{}, map[curfew.ID]bool{}
	refusal := curfew.NewError(curfew.KindForbidden, "not today")
	poison := errors.New("poison")
	write := func(i, round int) {
		account, session := accounts[(i+round)%len(accounts)], curfew.NewID(now())
		var fails error
		switch (i*rounds + round) % 7 {
		case 0:
			fails = refusal
		case 1:
			fails = poison
		}
		store := stores[i%len(stores)]
		in := inLog(store)
		if round%10 == 3 {
			in = store.InBulk
		}
		err := in(bg, account, func(ctx context.Context, tx authority.Tx) error {
			if _, err := tx.Account(ctx, account); err != nil {
				return err
			}
			return errors.Join(logging(account, session)(ctx, tx), fails)
		})
		mu.Lock()
		defer mu.Unlock()
		if fails == nil {
			confirmed[session] = true
		} else {
			failed[session] = true
		}
		if (err != nil) != (fails != nil) {
			t.Errorf("wanted %v, got %v", fails, err)
		}
	}
	done := make(chan struct{})
	seen := make([]map[curfew.ID]int, 2*len(stores))
	var readers sync.WaitGroup
	for i := range seen {
		seen[i] = map[curfew.ID]int{}
		log := stores[i%len(stores)].(Log)
		cursor := curfew.Cursor{}
		readers.Go(func() {
			for last := false; ; {
				entries, err := read(log, cursor, 5+i)
				if err != nil {
					t.Errorf("reader %d: %v", i, err)
					return
				}
				for _, e := range entries {
					seen[i][e.SessionID]++
				}
				if last {
					return
				}
				select {
				case <-done:
					last = true // and once more
				default:
				}
			}
		})
	}
	together(writers, func(i int) {
		for round := range rounds {
			write(i, round)
		}
	})
	close(done)
	readers.Wait()
	for i, seen := range seen {
		for id := range confirmed {
			if seen[id] != 1 {
				t.Errorf("reader %d read a confirmed entry %d times", i, seen[id])
			}
		}
		for id := range failed {
			if seen[id] != 0 {
				t.Errorf("reader %d read what was refused", i)
			}
		}
	}
}
