package authority

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// turnstile lets few calls of one account be at work at once and has its others
// wait, in the order in which they came. What waits costs nobody anything; what is
// at work takes its share of the processors and of the store, of which somebody
// else's refresh then gets the less. It is safe for concurrent use.
type turnstile struct {
	atWork  int // how many of one account are at work at most
	waiting int // how many of one account wait at most; one more is turned away

	mu    sync.Mutex
	lanes map[string]*turnstileLane

	inLine, turnedAway atomic.Int64
}

// turnstileLane is an account that has calls.
type turnstileLane struct {
	places chan struct{} // one for each at work
	inside int           // how many are at work or wait
}

func newTurnstile(atWork, waiting int) *turnstile {
	return &turnstile{atWork: atWork, waiting: waiting, lanes: map[string]*turnstileLane{}}
}

// enter waits until a call of the account may begin; leave is to be called at its
// end. It fails with curfew.KindUnavailable where too many wait, or ctx ends the wait.
func (t *turnstile) enter(ctx context.Context, account string) (leave func(), err error) {
	lane, err := t.join(account)
	if err != nil {
		t.turnedAway.Add(1)
		return nil, err
	}
	leave = func() { <-lane.places; t.part(account, lane) }
	select {
	case lane.places <- struct{}{}:
		return leave, nil
	default:
	}
	t.inLine.Add(1)
	defer t.inLine.Add(-1)
	select {
	case lane.places <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		t.part(account, lane)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.turnedAway.Add(1)
		}
		return nil, curfew.Unavailable(ctx.Err())
	}
}

func (t *turnstile) join(account string) (*turnstileLane, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lane, known := t.lanes[account]
	switch {
	case !known:
		lane = &turnstileLane{places: make(chan struct{}, t.atWork)}
		t.lanes[account] = lane
	case lane.inside >= t.atWork+t.waiting:
		return nil, &curfew.Error{Kind: curfew.KindUnavailable, RetryAfter: time.Second,
			Detail: "Too many calls about this account are waiting right now. Try again in a moment."}
	}
	lane.inside++
	return lane, nil
}

func (t *turnstile) part(account string, lane *turnstileLane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if lane.inside--; lane.inside == 0 {
		delete(t.lanes, account)
	}
}
