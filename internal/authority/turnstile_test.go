package authority

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

func alone() bool { return false }

// accounts is how many are kept.
func (t *turnstile) accounts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.lanes)
}

// TestTurnstile: of one account few are at work, some wait in the order in which
// they came, and one more is turned away; another account feels nothing of it.
func TestTurnstile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stile := newTurnstile(turnstileRules{atWork: 2, waiting: 2, shared: alone, rest: time.Hour})
		var leaves []func()
		enter := func(account string) {
			t.Helper()
			leave, err := stile.enter(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		enter("acme")
		enter("acme")
		waiting, giveUp := context.WithCancel(t.Context())
		defer giveUp()
		inside := make(chan string, 2)
		wait := func(name string, ctx context.Context) {
			leave, err := stile.enter(ctx, "acme")
			if err != nil {
				inside <- name + " gave up: " + string(curfew.KindOf(err))
				return
			}
			inside <- name
			leave()
		}
		go wait("first", waiting)
		synctest.Wait()
		go wait("second", t.Context())
		synctest.Wait()

		_, err := stile.enter(t.Context(), "acme")
		if refused := new(curfew.Error); !errors.As(err, &refused) || refused.Kind != curfew.KindUnavailable || refused.RetryAfter != time.Second {
			t.Errorf("one more than may wait: %v", err)
		}
		if waiting, refused := stile.inLine.Load(), stile.turnedAway.Load(); waiting != 2 || refused != 1 {
			t.Errorf("counted are %d that wait and %d that were refused", waiting, refused)
		}
		enter("globex")
		select {
		case name := <-inside:
			t.Errorf("%s did not wait", name)
		default:
		}

		giveUp()
		if got := <-inside; got != "first gave up: "+string(curfew.KindUnavailable) {
			t.Error(got)
		}
		leaves[0]()
		if got := <-inside; got != "second" {
			t.Error(got)
		}
		synctest.Wait()
		for _, leave := range leaves[1:] {
			leave()
		}
		if n := stile.accounts(); n > 0 {
			t.Errorf("%d accounts are kept that have no calls", n)
		}
	})
}

// TestTurnstileKeepsTheOrder: who waits longest is next.
func TestTurnstileKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stile := newTurnstile(turnstileRules{atWork: 1, waiting: 100, shared: alone})
		leave, err := stile.enter(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		order := make(chan int, 50)
		for i := range 50 {
			go func() {
				leave, err := stile.enter(t.Context(), "acme")
				if err != nil {
					t.Error(err)
					return
				}
				order <- i
				leave()
			}()
			synctest.Wait()
		}
		leave()
		for i := range 50 {
			if got := <-order; got != i {
				t.Fatalf("%d came in place of %d", got, i)
			}
		}
	})
}

// TestTurnstileLeavesRoom: while others are there fewer are at work, with rests
// between them, of each account for itself; and when the others have gone the line
// moves on without.
func TestTurnstileLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shared atomic.Bool
		shared.Store(true)
		stile := newTurnstile(turnstileRules{atWork: 3, waiting: 100, shared: shared.Load, atWorkShared: 1, rest: 5 * time.Millisecond})
		start := time.Now()
		type begun struct {
			account string
			after   time.Duration
		}
		begins := make(chan begun, 10)
		work := func(account string) {
			leave, err := stile.enter(t.Context(), account)
			if err != nil {
				t.Error(err)
				return
			}
			begins <- begun{account, time.Since(start)}
			time.Sleep(2 * time.Millisecond)
			leave()
		}
		for range 7 {
			go work("acme")
		}
		synctest.Wait()
		go work("globex")
		for _, want := range []begun{{"acme", 0}, {"globex", 0}, {"acme", 7 * time.Millisecond}, {"acme", 14 * time.Millisecond}} {
			if got := <-begins; got != want {
				t.Errorf("%v has begun, want %v", got, want)
			}
		}
		shared.Store(false) // seen when the third has its end, at 16 ms
		for _, want := range []time.Duration{16, 16, 16, 18} {
			if got := <-begins; got != (begun{"acme", want * time.Millisecond}) {
				t.Errorf("%v has begun alone, want at %v ms", got, int(want))
			}
		}
		time.Sleep(time.Second)
		if n := stile.accounts(); n > 0 {
			t.Errorf("%d accounts are kept that have no calls", n)
		}

		// Whoever comes within the rest waits for its end, and may give up before.
		shared.Store(true)
		go work("acme")
		time.Sleep(3 * time.Millisecond)
		<-begins
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := stile.enter(short, "acme"); curfew.KindOf(err) != curfew.KindUnavailable {
			t.Errorf("within the rest: %v", err)
		}
		time.Sleep(time.Second)
		if n, waiting, refused := stile.accounts(), stile.inLine.Load(), stile.turnedAway.Load(); n > 0 || waiting != 0 || refused != 1 {
			t.Errorf("in the end: %d accounts, %d wait, %d turned away", n, waiting, refused)
		}
	})
}

// TestTurnstileGivenUpAtItsTurn: whoever has their turn at the moment at which they give
// up leaves it to the next, without a rest, for nothing was done.
func TestTurnstileGivenUpAtItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stile := newTurnstile(turnstileRules{atWork: 1, waiting: 1, shared: func() bool { return true }, atWorkShared: 1, rest: time.Hour})
		lane, turn, err := stile.join("acme")
		if err != nil {
			t.Fatal(err)
		}
		<-turn
		stile.giveUp("acme", lane, turn)
		if n := stile.accounts(); n > 0 {
			t.Errorf("%d accounts are kept that have no calls", n)
		}
		start := time.Now()
		leave, err := stile.enter(t.Context(), "acme")
		if err != nil || time.Since(start) > 0 {
			t.Fatalf("the next: %v after %v", err, time.Since(start))
		}
		leave()
	})
}

// TestLately: a refresh is remembered for a moment, and without a clock never.
func TestLately(t *testing.T) {
	now := time.Duration(0)
	l := lately{elapsed: func() time.Duration { return now }}
	if l.within(time.Hour) {
		t.Error("it happened before it did")
	}
	l.note()
	now = time.Second - 1
	if !l.within(time.Second) {
		t.Error("it is forgotten too early")
	}
	now++
	if l.within(time.Second) {
		t.Error("it is not forgotten")
	}
	var timeless lately
	if timeless.note(); timeless.within(time.Hour) {
		t.Error("it is remembered without a clock")
	}
}
