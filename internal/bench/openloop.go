package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// schedule hands out the moments at which requests are due: evenly, at a fixed
// rate, from start until end. Whoever of the workers is free takes the next.
type schedule struct {
	start   time.Time
	spacing float64 // nanoseconds
	count   int64
	taken   atomic.Int64
}

// newSchedule is nil for a rate of 0.
func newSchedule(start, end time.Time, rate float64) *schedule {
	if rate <= 0 {
		return nil
	}
	return &schedule{start: start, spacing: 1e9 / rate, count: int64(end.Sub(start).Seconds() * rate)}
}

// take is the next moment; ok is false when there is none left.
func (s *schedule) take() (due time.Time, ok bool) {
	n := s.taken.Add(1) - 1
	return s.start.Add(time.Duration(float64(n) * s.spacing)), n < s.count
}

// openLoop does case c whenever a request is due and this worker the one that
// is free. The latency of a request counts from when it was due. What was due
// before the window ended is sent late rather than not at all, until a whole
// timeout has passed; what is left then counts as an error each.
func (w *worker) openLoop(ctx context.Context, c benchCase, win window, plan *schedule) {
	giveUp := win.end.Add(w.r.cfg.Timeout)
	for ctx.Err() == nil {
		if c.bearer && !w.renewNext(ctx, c) {
			return
		}
		due, ok := plan.take()
		if !ok {
			return
		}
		now := time.Now()
		if wait := due.Sub(now); wait > 0 {
			w.r.pause(ctx, wait)
			now = time.Now()
			if win.holds(due) {
				w.tally.lag.record(now.Sub(due))
			}
		}
		if now.After(giveUp) {
			w.tally.fail(fmt.Errorf("a request was not sent: all clients were busy %s after it was due", now.Sub(due).Round(time.Millisecond)), now)
			continue
		}
		s := w.next(c)
		if s == nil {
			w.tally.fail(errors.New("a request was not sent: the client has no session left"), now)
			return
		}
		err := c.do(w, ctx, s, now)
		end := time.Now()
		var later *refusal
		switch {
		case ctx.Err() != nil:
			return
		case errors.As(err, &later):
			w.tally.refused++
		case err != nil:
			w.tally.fail(err, end)
		case win.holds(due):
			w.tally.latency.record(end.Sub(due))
			if end.Before(win.end) {
				w.tally.done++
			}
		}
	}
}

// renewNext renews the access token of the session whose turn it is before
// anything is due, so that this is in no figure. It is false when no session
// is left.
func (w *worker) renewNext(ctx context.Context, c benchCase) bool {
	turn := w.turn
	s := w.next(c)
	w.turn = turn
	if s == nil {
		return false
	}
	now := time.Now()
	if now.Before(s.renewAt) {
		return true
	}
	if err := w.refresh(ctx, s, now); err != nil && ctx.Err() == nil {
		w.tally.fail(err, time.Now())
	}
	return ctx.Err() == nil
}
