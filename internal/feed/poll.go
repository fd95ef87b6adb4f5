package feed

import (
	"context"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/routine"
)

const (
	// fenceEvery is the least time between two fences: the questions that
	// arrive meanwhile share the next one.
	fenceEvery = 20 * time.Millisecond
	// longestPause is the most that reading waits after failures.
	longestPause = time.Second
	// pageSize is how many entries one statement reads.
	pageSize = 5000
)

// read reads the logs until the end: at intervals, and for every question after
// a fence. It is the only reader.
func (h *Hub) read() {
	trouble := routine.Trouble{Log: h.Logger, What: "reading the revocation log"}
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer h.refuseRound(unavailable(errClosed))
	var pause time.Duration // after failures
	var fenced time.Time
	for {
		var err error
		select {
		case <-h.ending.Done():
			return
		case <-timer.C:
			err = h.poll(h.ending)
		case <-h.asked:
			if !h.wait(max(fenceEvery, pause) - time.Since(fenced)) {
				return
			}
			fenced = time.Now()
			err = h.answer(h.ending)
		}
		trouble.Report(h.ending, err)
		if err == nil {
			pause = 0
		} else {
			pause = min(max(2*pause, h.PollEvery), longestPause)
		}
		// Jitter keeps nodes that were started together apart.
		timer.Reset(max(pause, h.PollEvery*3/4+rand.N(h.PollEvery/2)))
	}
}

// wait reports whether there is still somebody to wait for.
func (h *Hub) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.ending.Done():
		return false
	}
}

// poll reads everything that is new.
func (h *Hub) poll(ctx context.Context) (err error) {
	began := time.Now()
	defer func() {
		if ctx.Err() == nil {
			h.Observer.Polled(time.Since(began), err)
		}
	}()
	for {
		more, err := h.pollPage(ctx, began)
		if err != nil || !more {
			return err
		}
	}
}

func (h *Hub) pollPage(ctx context.Context, began time.Time) (more bool, err error) {
	from, err := h.from()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	entries, heads, err := h.Log.RevocationsAfter(ctx, from, pageSize)
	if err != nil {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jumped = h.steady.follow(h.Now())
	now := h.steady.now()
	if behind := h.memory.behind(from, heads, now); behind != nil {
		h.storeWentBack(behind, now)
	}
	h.publish(entries)
	if len(entries) == pageSize {
		return true, nil
	}
	h.memory.drop(now)
	if h.back == nil {
		h.memory.settle(heads)
	}
	h.loaded, h.polledAt = true, began
	return false, nil
}

// from is what was read so far. Nothing is read before the clock is right,
// because all of it might count as over.
func (h *Hub) from() (curfew.Cursor, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.loaded {
		if h.Ready != nil {
			if err := h.Ready(); err != nil {
				return nil, err
			}
		}
		h.steady.anchor(h.Now())
	}
	return maps.Clone(h.memory.cursor), nil
}
