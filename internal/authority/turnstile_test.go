package authority

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// TestTurnstile: of one account few are at work, some wait in the order in which
// they came, and one more is turned away; another account feels nothing of it.
func TestTurnstile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stile := newTurnstile(2, 2)
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
		if len(stile.lanes) > 0 {
			t.Errorf("%d accounts are kept that have no calls", len(stile.lanes))
		}
	})
}

// TestTurnstileKeepsTheOrder: who waits longest is next.
func TestTurnstileKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stile := newTurnstile(1, 100)
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
