package authority

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// turnstile lets calls of one account begin in the order in which they came, so many
// at once. What waits costs nobody anything; what is at work takes its share of the
// processors and of the store, of which somebody else's refresh then gets the less. It
// is safe for concurrent use.
type turnstile struct {
	turnstileRules

	mu    sync.Mutex
	lanes map[string]*turnstileLane

	inLine, turnedAway atomic.Int64
}

type turnstileRules struct {
	atWork  int // how many of one account are at work at most
	waiting int // how many of one account wait at most; one more is turned away
	// shared says that somebody is there to whom room is to be left: then fewer of one
	// account are at work at once, and none begins in the rest after the end of another.
	shared       func() bool
	atWorkShared int
	rest         time.Duration
}

// turnstileLane is an account that has calls, or had some a moment ago.
type turnstileLane struct {
	atWork int
	line   []chan struct{} // who waits: closed when their turn has come
	rests  int             // how many have ended, and whose rest has not
}

func newTurnstile(rules turnstileRules) *turnstile {
	return &turnstile{turnstileRules: rules, lanes: map[string]*turnstileLane{}}
}

// enter waits until a call of the account may begin; leave is to be called at its
// end. It fails with curfew.KindUnavailable where too many wait, or ctx ends the wait.
func (t *turnstile) enter(ctx context.Context, account string) (leave func(), err error) {
	lane, turn, err := t.join(account)
	if err != nil {
		t.turnedAway.Add(1)
		return nil, err
	}
	leave = func() { t.leave(account, lane) }
	select {
	case <-turn:
		return leave, nil
	default:
	}
	t.inLine.Add(1)
	defer t.inLine.Add(-1)
	select {
	case <-turn:
		return leave, nil
	case <-ctx.Done():
		t.giveUp(account, lane, turn)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.turnedAway.Add(1)
		}
		return nil, curfew.Unavailable(ctx.Err())
	}
}

func (t *turnstile) join(account string) (*turnstileLane, chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lane, known := t.lanes[account]
	if !known {
		lane = &turnstileLane{}
		t.lanes[account] = lane
	}
	turn := make(chan struct{})
	lane.line = append(lane.line, turn)
	t.tend(account, lane)
	if last := len(lane.line) - 1; last >= t.waiting {
		lane.line = lane.line[:last]
		return nil, nil, &curfew.Error{Kind: curfew.KindUnavailable, RetryAfter: time.Second,
			Detail: "Too many calls about this account are waiting right now. Try again in a moment."}
	}
	return lane, turn, nil
}

func (t *turnstile) leave(account string, lane *turnstileLane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lane.atWork--
	if t.rest > 0 && t.shared() {
		lane.rests++
		time.AfterFunc(t.rest, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			lane.rests--
			t.tend(account, lane)
		})
	}
	t.tend(account, lane)
}

// giveUp takes somebody out of the line, or from the turn that they had at that moment.
func (t *turnstile) giveUp(account string, lane *turnstileLane, turn chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(lane.line, turn); i >= 0 {
		lane.line = slices.Delete(lane.line, i, i+1)
	} else {
		lane.atWork--
	}
	t.tend(account, lane)
}

// tend lets those begin whose turn has come, and forgets an account that has none.
func (t *turnstile) tend(account string, lane *turnstileLane) {
	atWork, resting := t.atWork, false
	if t.shared() {
		atWork, resting = t.atWorkShared, lane.rests > 0
	}
	for !resting && len(lane.line) > 0 && lane.atWork < atWork {
		lane.atWork++
		close(lane.line[0])
		lane.line = lane.line[1:]
	}
	if lane.rests == 0 && lane.atWork == 0 && len(lane.line) == 0 {
		delete(t.lanes, account)
	}
}

// lately remembers for a moment that something happened. It is safe for concurrent use.
type lately struct {
	elapsed func() time.Duration // nil remembers nothing
	at      atomic.Int64         // one more than when it happened, in nanoseconds; 0 for never
}

func (l *lately) note() {
	if l.elapsed != nil {
		l.at.Store(int64(l.elapsed()) + 1)
	}
}

// within reports whether it happened less than d ago.
func (l *lately) within(d time.Duration) bool {
	at := l.at.Load()
	return at > 0 && l.elapsed()-time.Duration(at-1) < d
}
