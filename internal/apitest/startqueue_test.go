package apitest

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// holdStarts keeps whatever starts a session from being written until it is let go.
func (w *world) holdStarts() (letGo func()) {
	held := make(chan struct{})
	w.tap.Watch(func(c storetest.Call) error {
		if c.Statement() && strings.Contains(c.SQL, "INSERT INTO sessions") {
			<-held
		}
		return nil
	})
	return func() {
		w.tap.Watch(nil)
		close(held)
	}
}

// inLine waits until so many starts wait for others of their account.
func (w *world) inLine(n int) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); w.auth.StartQueue().Waiting != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%d starts wait, want %d", w.auth.StartQueue().Waiting, n)
		}
	}
}

// TestStartsWaitInLine: of one account four starts are at work at once. What
// waits is begun, and dated, when its turn has come; what would wait behind a
// thousand others is refused at once.
func TestStartsWaitInLine(t *testing.T) {
	const atWork, mayWait = 4, 1024
	w := startEmpty(t)
	product := w.product()
	first := w.begin(product, "ada", nil)
	began := w.clock.Now()
	letGo := w.holdStarts()
	answers := make(chan *answer, atWork+mayWait)
	for range atWork + mayWait {
		go func() { answers <- product.Post(starts, of("ada")) }()
	}
	w.inLine(mayWait)
	product.Post(starts, of("ada")).Problem(503, "unavailable").Is("Retry-After", "1").Has("about this account")
	if got := w.auth.StartQueue(); got != (authority.StartQueue{Waiting: mayWait, Refused: 1}) {
		t.Errorf("the queue is %+v", got)
	}
	// The account's pages do not wait with them.
	first.Get(security).Status(200).Equal(map[string]any{"active_user_count": 1})

	w.clock.pass(time.Minute)
	letGo()
	dated := map[string]int{}
	for range atWork + mayWait {
		dated[(<-answers).Status(201).JSON().str("session", "started_at")]++
	}
	if at, later := dated[stamp(began)], dated[w.clock.in(0)]; at != atWork || later != mayWait {
		t.Errorf("begun are %v, want %d at first and %d a minute later", dated, atWork, mayWait)
	}
	w.inLine(0)
}
