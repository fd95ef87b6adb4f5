package store

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// TestQueueIsBounded holds the first batch up and fills the queue behind it.
func TestQueueIsBounded(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	ran := 0
	b := newBatcher(batching[*answer[int]]{workers: 1, most: maxBatch, run: func(calls []*answer[int]) {
		first.Do(func() {
			close(reached)
			<-release
		})
		if len(calls) > maxBatch {
			t.Errorf("a batch of %d", len(calls))
		}
		for _, call := range calls {
			ran++
			call.result.value = 1
			call.give()
		}
	}})
	submitted := 0
	submit := func() (*answer[int], error) {
		submitted++
		call := newAnswer[int]()
		return &call, b.submit(curfew.ID{byte(submitted), byte(submitted >> 8)}, &call)
	}
	leader, err := submit()
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	waiting := []*answer[int]{leader}
	for range maxWaiting {
		call, err := submit()
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, call)
	}
	if _, err := submit(); curfew.KindOf(err) != curfew.KindUnavailable || !errors.Is(err, errBusy) {
		t.Errorf("one too many: %v", err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		b.close()
	}()
	close(release)
	<-closed // runs what waits
	for _, call := range waiting {
		if n, err := call.wait(context.Background()); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if ran != len(waiting) {
		t.Errorf("%d calls were run, want %d", ran, len(waiting))
	}
	if _, err := submit(); curfew.KindOf(err) != curfew.KindUnavailable {
		t.Errorf("after the close: %v", err)
	}
	b.close() // once more does nothing
}

// TestAccountsTakeTurns: one account's many calls do not hold up another's one.
func TestAccountsTakeTurns(t *testing.T) {
	loud, quiet := curfew.ID{1}, curfew.ID{2}
	for _, apart := range []bool{false, true} {
		reached, release := make(chan struct{}), make(chan struct{})
		var first sync.Once
		var order []curfew.ID
		b := newBatcher(batching[curfew.ID]{workers: 1, most: 4, apart: apart, run: func(calls []curfew.ID) {
			first.Do(func() {
				close(reached)
				<-release
			})
			order = append(order, calls...)
			for _, id := range calls {
				if apart && id != calls[0] {
					t.Error("two accounts in one batch")
				}
			}
		}})
		for _, id := range []curfew.ID{loud} {
			if err := b.submit(id, id); err != nil {
				t.Fatal(err)
			}
		}
		<-reached
		for range maxWaiting / 2 {
			if err := b.submit(loud, loud); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.submit(loud, loud); !errors.Is(err, errBusy) {
			t.Errorf("one account took more than its share: %v", err)
		}
		if err := b.submit(quiet, quiet); err != nil {
			t.Fatal(err)
		}
		close(release)
		b.close()
		if len(order) != maxWaiting/2+2 {
			t.Errorf("%d calls were run", len(order))
		}
		if at := slices.Index(order, quiet); at > 8 {
			t.Errorf("accounts apart %v: the quiet account's call was run after %d of the loud one's", apart, at)
		}
	}
}

// TestRoomForOthers: few accounts that hand in all that is taken from them leave
// room for whoever comes after them.
func TestRoomForOthers(t *testing.T) {
	for loud := 1; loud <= 8; loud++ {
		reached, release := make(chan struct{}), make(chan struct{})
		var first sync.Once
		b := newBatcher(batching[int]{workers: 1, most: 1, apart: true, run: func([]int) {
			first.Do(func() { close(reached) })
			<-release
		}})
		if err := b.submit(curfew.ID{200}, 0); err != nil {
			t.Fatal(err)
		}
		<-reached
		for i := range loud * maxWaiting {
			_ = b.submit(curfew.ID{byte(i % loud)}, 0)
		}
		for i := range maxWaiting / (loud + 1) {
			if err := b.submit(curfew.ID{100, byte(i), byte(i >> 8)}, 0); err != nil {
				t.Fatalf("%d loud accounts left room for %d calls of others", loud, i)
			}
		}
		close(release)
		b.close()
	}
}

// TestOneBatchAnAccount: where accounts are kept apart, none has two batches
// under way.
func TestOneBatchAnAccount(t *testing.T) {
	var under [3]atomic.Int32
	done := make(chan struct{}, 300)
	b := newBatcher(batching[int]{workers: 4, most: 3, apart: true, run: func(calls []int) {
		if under[calls[0]].Add(1) > 1 {
			t.Error("an account has two batches under way")
		}
		runtime.Gosched()
		under[calls[0]].Add(-1)
		for range calls {
			done <- struct{}{}
		}
	}})
	for i := range 300 {
		if err := b.submit(curfew.ID{byte(i % 3)}, i%3); err != nil {
			t.Fatal(err)
		}
	}
	for range 300 {
		<-done
	}
	b.close()
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	call := newAnswer[int]()
	if _, err := call.wait(ctx); curfew.KindOf(err) != curfew.KindUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestCloseDrains closes the store under many refreshes: each is answered, and
// what was answered with success is there afterwards.
func TestCloseDrains(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curfew.db")
	db := openOnly(t, path)
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	refreshes := seed(t, db, 64)
	now := time.Now().UTC()
	errs := make([]error, len(refreshes))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, r := range refreshes {
		wg.Go(func() {
			<-start
			_, errs[i] = db.Rotate(context.Background(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID,
				Generation: r.Generation, SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16)})
		})
	}
	close(start)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again := openAt(t, Options{Path: path, Chain: testChain(t)})
	for i, r := range refreshes {
		st, err := again.Standing(context.Background(), r.AccountID, r.SessionID)
		if err != nil {
			t.Fatal(err)
		}
		if done := st.Session.Generation == 2; done != (errs[i] == nil) {
			t.Errorf("refresh %d: answered %v, generation %d", i, errs[i], st.Session.Generation)
		}
		if errs[i] != nil && curfew.KindOf(errs[i]) != curfew.KindUnavailable {
			t.Errorf("refresh %d: %v", i, errs[i])
		}
	}
	closed := openOnly(t, path)
	if err := errors.Join(closed.CheckCurrent(context.Background()), closed.Close(), closed.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// TestLongTransactionsAreParted: when a transaction has taken long, what waits
// goes into the next one.
func TestLongTransactionsAreParted(t *testing.T) {
	tap := new(storetest.Tap)
	db := openAt(t, Options{Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: testChain(t), Wrap: tap.Wrap})
	db.longest = 0 // each has
	reached, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	var commits atomic.Int32
	tap.Watch(func(c storetest.Call) error {
		switch c.Op {
		case storetest.OpBegin:
			first.Do(func() {
				close(reached)
				<-release
			})
		case storetest.OpCommit:
			commits.Add(1)
		}
		return nil
	})
	var wg sync.WaitGroup
	rename := func() {
		if err := db.InTx(context.Background(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
			return tx.RenameAccount(ctx, curfew.ZeroID, "")
		}); err != nil {
			t.Error(err)
		}
	}
	const n = 10
	for range n {
		wg.Go(rename)
	}
	<-reached
	close(release)
	wg.Wait()
	tap.Watch(nil)
	if commits.Load() != n {
		t.Errorf("%d commits for %d transactions that each took long", commits.Load(), n)
	}
}

// TestEngineThatConflicts is tried again by itself where the engine asks for it.
func TestEngineThatConflicts(t *testing.T) {
	tap := new(storetest.Tap)
	db := openAt(t, Options{Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: testChain(t), Wrap: tap.Wrap})
	busy := errors.New("busy")
	db.dialect.conflict = func(err error) bool { return errors.Is(err, busy) }
	tries := 0
	for _, failing := range []int{1, maxTries - 1, maxTries} {
		tries = 0
		tap.Watch(func(c storetest.Call) error {
			if c.Op == storetest.OpCommit {
				if tries++; tries <= failing {
					return busy
				}
			}
			return nil
		})
		runs := 0
		err := db.InTx(context.Background(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
			runs++
			return tx.RenameAccount(ctx, curfew.ZeroID, "")
		})
		tap.Watch(nil)
		if failing < maxTries && (err != nil || runs != failing+1) || failing == maxTries && (curfew.KindOf(err) != curfew.KindUnavailable || runs != maxTries) {
			t.Errorf("%d conflicts: %d runs, %v", failing, runs, err)
		}
	}
}
