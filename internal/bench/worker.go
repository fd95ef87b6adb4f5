package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

// worker is one client: a connection, the sessions it owns, and the buffers
// and counters of its requests. It is used by one goroutine at a time.
type worker struct {
	r        *runner
	number   int
	client   client
	sessions []*session
	turn     int
	// draw, where not nil, chooses the session of the next request instead.
	draw  func() *session
	doom  []string // ids of sessions still to be ended
	page  page     // of the account's page and list
	hired hired    // of a client that is a service
	req   []byte
	body  []byte
	ans   answer
	dice  rand.PCG
	tally tally
}

// tally is what one worker saw during one run.
type tally struct {
	latency      histogram
	done         uint64    // right answers that were complete within the run
	lag          histogram // of an open loop: how late a free client sent
	errors       int64
	refused      int64
	firstError   error
	firstErrorAt time.Time
}

// window is the time of one run. Warm-up is what lies before start.
type window struct{ start, end time.Time }

func (w window) holds(t time.Time) bool { return !t.Before(w.start) && t.Before(w.end) }

// closedLoop does case c until the window ends, one request after the other.
func (w *worker) closedLoop(ctx context.Context, c benchCase, win window) {
	rest := minPause
	for now := time.Now(); now.Before(win.end) && ctx.Err() == nil; {
		s := w.next(c)
		if s == nil {
			return // every session is lost; the errors say why
		}
		do, measured := c.do, true
		if c.bearer && !now.Before(s.renewAt) {
			do, measured = (*worker).refresh, false
		}
		err := do(w, ctx, s, now)
		end := time.Now()
		if err == nil {
			rest = minPause
			if measured && win.holds(end) {
				w.tally.latency.record(end.Sub(now))
				w.tally.done++
			}
			now = end
			continue
		}
		if ctx.Err() != nil {
			return
		}
		wait := rest
		var later *refusal
		if errors.As(err, &later) {
			w.tally.refused++
			wait = later.wait
		} else {
			w.tally.fail(err, end)
			rest = min(2*rest, maxPause)
		}
		w.r.pause(ctx, min(wait, win.end.Sub(end)))
		now = time.Now()
	}
}

// next is the worker's next session that case c can use, nil if there is none.
func (w *worker) next(c benchCase) *session {
	if w.draw != nil {
		return w.draw()
	}
	for range w.sessions {
		s := w.sessions[w.turn%len(w.sessions)]
		w.turn++
		if s.live || !c.signedIn {
			return s
		}
	}
	return nil
}

// forget takes it that no session lives any more: the store is another one.
func (w *worker) forget() {
	for i := range w.sessions {
		w.sessions[i] = newSession()
	}
}

func (t *tally) fail(err error, at time.Time) {
	if t.errors == 0 {
		t.firstError, t.firstErrorAt = err, at
	}
	t.errors++
}

func (t *tally) add(o *tally) {
	t.latency.add(&o.latency)
	t.lag.add(&o.lag)
	t.done += o.done
	if o.firstError != nil && (t.firstError == nil || o.firstErrorAt.Before(t.firstErrorAt)) {
		t.firstError, t.firstErrorAt = o.firstError, o.firstErrorAt
	}
	t.errors += o.errors
	t.refused += o.refused
}
