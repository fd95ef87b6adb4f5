package apitest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// holdStarts keeps whatever starts a session from being written until it is let go, or
// the test is over, and tells when the first has come so far.
func (w *world) holdStarts() (letGo func(), reached <-chan struct{}) {
	held, first := make(chan struct{}), make(chan struct{})
	reach := sync.OnceFunc(func() { close(first) })
	w.tap.Watch(func(c storetest.Call) error {
		if c.Statement() && strings.Contains(c.SQL, "INSERT INTO sessions") {
			reach()
			<-held
		}
		return nil
	})
	letGo = sync.OnceFunc(func() {
		w.tap.Watch(nil)
		close(held)
	})
	w.t.Cleanup(letGo)
	return letGo, first
}

// manyStarts asks for so many starts in acme, and returns when so many of them wait.
func (w *world) manyStarts(product *client, n, waiting int) <-chan *answer {
	w.t.Helper()
	answers := make(chan *answer, n)
	for range n {
		go func() {
			var a *answer // none where the request fails
			defer func() { answers <- a }()
			a = product.Post(starts, of("ada"))
		}()
	}
	for end := time.Now().Add(time.Minute); w.auth.StartQueue().Waiting != waiting; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d starts wait, want %d", w.auth.StartQueue().Waiting, waiting)
		}
	}
	return answers
}

// TestStartsWaitInLine: of one account some starts are at work at once, few while
// sessions are refreshed. What waits is begun, and dated, when its turn has come.
func TestStartsWaitInLine(t *testing.T) {
	t.Parallel()
	w := startEmpty(t, func(s *setup) { s.authority.Elapsed = func() time.Duration { return 0 } }) // what was refreshed was so just now
	product := w.product()
	first := w.begin(product, "ada", nil)
	beside := 4
	if w.setup.authority.OneWriter {
		beside = 1
	}
	for i, c := range []struct{ atWork, starts int }{{64, 70}, {beside, 14}} {
		if i > 0 {
			first.refresh(obj{"refresh_token": first.refreshToken}).Status(200)
		}
		began := w.clock.Now()
		letGo, reached := w.holdStarts()
		answers := w.manyStarts(product, c.starts, c.starts-c.atWork)
		<-reached
		// The account's pages do not wait with them.
		first.Get(security).Status(200).Equal(map[string]any{"active_user_count": 1})

		w.clock.pass(time.Minute)
		letGo()
		dated := map[string]int{}
		for range cap(answers) {
			if a := <-answers; a != nil {
				dated[a.Status(201).JSON().str("session", "started_at")]++
			}
		}
		// Of those at work one is being written; another may have looked at the clock later.
		if at, later := dated[stamp(began)], dated[w.clock.in(0)]; at < 1 || at > c.atWork || at+later != c.starts {
			t.Errorf("begun are %v, want up to %d at first and the others a minute later", dated, c.atWork)
		}
		if got := w.auth.StartQueue(); got != (authority.StartQueue{}) {
			t.Errorf("the queue is %+v", got)
		}
	}
}
