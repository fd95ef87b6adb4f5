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
// the test is over.
func (w *world) holdStarts() (letGo func()) {
	held := make(chan struct{})
	w.tap.Watch(func(c storetest.Call) error {
		if c.Statement() && strings.Contains(c.SQL, "INSERT INTO sessions") {
			<-held
		}
		return nil
	})
	letGo = sync.OnceFunc(func() {
		w.tap.Watch(nil)
		close(held)
	})
	w.t.Cleanup(letGo)
	return letGo
}

// manyStarts asks for starts in acme that are at work and for some that wait.
func (w *world) manyStarts(product *client, waiting int) <-chan *answer {
	w.t.Helper()
	const atWork = 4
	answers := make(chan *answer, atWork+waiting)
	for range cap(answers) {
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

// TestStartsWaitInLine: of one account four starts are at work at once. What waits
// is begun, and dated, when its turn has come.
func TestStartsWaitInLine(t *testing.T) {
	t.Parallel()
	w := startEmpty(t)
	product := w.product()
	first := w.begin(product, "ada", nil)
	began := w.clock.Now()
	letGo := w.holdStarts()
	answers := w.manyStarts(product, 10)
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
	// Of the four at least one is being written; another may have looked at the clock later.
	if at, later := dated[stamp(began)], dated[w.clock.in(0)]; at < 1 || at > 4 || at+later != 14 {
		t.Errorf("begun are %v, want up to 4 at first and the others a minute later", dated)
	}
	if got := w.auth.StartQueue(); got != (authority.StartQueue{}) {
		t.Errorf("the queue is %+v", got)
	}
}
