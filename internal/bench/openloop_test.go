package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// paced runs an open loop against a server that takes as long as serve says,
// under a clock of the test's own, and returns the sum of the tallies.
func paced(t *testing.T, workers int, rate float64, win, timeout time.Duration, serve func(n int, due time.Duration) (time.Duration, error)) tally {
	t.Helper()
	r := &runner{cfg: Config{Timeout: timeout}, pause: pause}
	start := time.Now()
	var mu sync.Mutex
	var n int
	c := benchCase{name: "test", do: func(_ *worker, _ context.Context, _ *session, now time.Time) error {
		mu.Lock()
		n++
		took, err := serve(n, now.Sub(start))
		mu.Unlock()
		time.Sleep(took)
		return err
	}}
	window := window{start: start, end: start.Add(win)}
	plan := newSchedule(start, window.end, rate)
	crew := make([]*worker, workers)
	var wg sync.WaitGroup
	for i := range crew {
		crew[i] = &worker{r: r, sessions: []*session{{live: true}}}
		wg.Go(func() { crew[i].openLoop(t.Context(), c, window, plan) })
	}
	wg.Wait()
	var sum tally
	for _, w := range crew {
		sum.add(&w.tally)
	}
	return sum
}

const ms = time.Millisecond

// near allows for the width of a histogram's buckets.
func near(got, want time.Duration) bool { return got >= want-want/200 && got <= want+want/200 }

func TestOpenLoopKeepsTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		sum := paced(t, 4, 100, 10*time.Second, time.Second, func(int, time.Duration) (time.Duration, error) { return 3 * ms, nil })
		if sum.latency.count != 1000 || sum.done != 1000 || sum.errors != 0 {
			t.Errorf("%d in time, %d in all, %d errors", sum.done, sum.latency.count, sum.errors)
		}
		if !near(sum.latency.max, 3*ms) || sum.lag.max != 0 {
			t.Errorf("at most %s, lag %s", sum.latency.max, sum.lag.max)
		}
		if took := time.Since(start); took != 9990*ms+3*ms {
			t.Errorf("it took %s", took)
		}
	})
}

// TestOpenLoopDoesNotOmit: while the server stalls for a second, requests go on
// being due, and each waits as long as it waits, though a lone client could not
// have asked.
func TestOpenLoopDoesNotOmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := paced(t, 1, 100, 10*time.Second, time.Minute, func(n int, _ time.Duration) (time.Duration, error) {
			if n == 500 {
				return time.Second, nil
			}
			return 0, nil
		})
		if sum.latency.count != 1000 || !near(sum.latency.max, time.Second) {
			t.Errorf("%d requests, at most %s", sum.latency.count, sum.latency.max)
		}
		// Those due within the stall wait for what is left of it: 1000 ms, 990 ms, ...
		if got := sum.latency.quantile(0.95); !near(got, 500*ms) {
			t.Errorf("p95 %s, want half a second", got)
		}
		if got := sum.latency.quantile(0.89); got != 0 {
			t.Errorf("p89 %s, want none", got)
		}
	})
}

// TestOpenLoopFallsBehind: a server that is too slow gets all that was due, and
// the rate is what was answered in time.
func TestOpenLoopFallsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := paced(t, 2, 100, 10*time.Second, time.Hour, func(int, time.Duration) (time.Duration, error) { return 40 * ms, nil })
		if sum.latency.count != 1000 || sum.errors != 0 {
			t.Errorf("%d requests, %d errors", sum.latency.count, sum.errors)
		}
		if sum.done < 495 || sum.done > 500 {
			t.Errorf("%d in time, want 50 a second", sum.done)
		}
		if !near(sum.latency.max, 20*time.Second-9990*ms) {
			t.Errorf("at most %s", sum.latency.max)
		}
	})
}

func TestOpenLoopGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := paced(t, 1, 100, 10*time.Second, time.Second, func(int, time.Duration) (time.Duration, error) { return 100 * ms, nil })
		if sum.latency.count != 111 || sum.errors != 889 {
			t.Errorf("%d requests, %d errors", sum.latency.count, sum.errors)
		}
		if !strings.HasPrefix(fmt.Sprint(sum.firstError), "a request was not sent: all clients were busy ") {
			t.Errorf("the first: %v", sum.firstError)
		}
	})
}

func TestOpenLoopCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := paced(t, 1, 10, time.Second, time.Second, func(n int, _ time.Duration) (time.Duration, error) {
			switch n {
			case 2:
				return ms, errors.New("wrong")
			case 3:
				return ms, &refusal{wait: time.Hour, problem: errors.New("later")}
			}
			return ms, nil
		})
		if sum.latency.count != 8 || sum.errors != 1 || sum.refused != 1 || sum.firstError.Error() != "wrong" {
			t.Errorf("%d right, %d errors, %d refused, the first %v", sum.latency.count, sum.errors, sum.refused, sum.firstError)
		}
	})
}

// TestOpenLoopKeepsAwayFromWarmup: what was due before the window is not
// measured, whenever it is answered.
func TestOpenLoopKeepsAwayFromWarmup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &runner{cfg: Config{Timeout: time.Hour}, pause: pause}
		w := &worker{r: r, sessions: []*session{{live: true}}}
		now := time.Now()
		win := window{start: now.Add(time.Second), end: now.Add(2 * time.Second)}
		var n int
		c := benchCase{do: func(*worker, context.Context, *session, time.Time) error {
			if n++; n == 1 {
				time.Sleep(1500 * ms)
			}
			return nil
		}}
		w.openLoop(t.Context(), c, win, newSchedule(now, win.end, 10))
		if n != 20 || w.tally.latency.count != 10 || !near(w.tally.latency.max, 500*ms) {
			t.Errorf("%d requests, %d measured, at most %s", n, w.tally.latency.count, w.tally.latency.max)
		}
	})
}

// TestOpenLoopRenewsAheadOfTime: an access token is renewed before the next
// request is due.
func TestOpenLoopRenewsAheadOfTime(t *testing.T) {
	f := startFakeServer(t)
	r, w, s := testRunner(t, f)
	r.pause = pause
	s.renewAt = time.Now()
	c, err := caseNamed("session")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	win := window{start: now, end: now.Add(time.Second)}
	w.openLoop(t.Context(), c, win, &schedule{start: now, spacing: 1, count: 3})
	if f.counts["refresh"] != 1 || f.counts["session"] != 3 || w.tally.latency.count != 3 || w.tally.errors != 0 {
		t.Errorf("%v, %d right, %d errors: %v", f.counts, w.tally.latency.count, w.tally.errors, w.tally.firstError)
	}
	s.live = false
	w.openLoop(t.Context(), c, win, &schedule{start: now, spacing: 1, count: 3})
	if f.counts["session"] != 3 {
		t.Error("a lost session was used")
	}
}

func TestSchedule(t *testing.T) {
	start := time.Unix(1000, 0)
	if newSchedule(start, start.Add(time.Second), 0) != nil {
		t.Error("a schedule without a rate")
	}
	s := newSchedule(start, start.Add(time.Second), 3)
	var got []time.Duration
	for {
		due, ok := s.take()
		if !ok {
			break
		}
		got = append(got, due.Sub(start).Round(ms))
	}
	if fmt.Sprint(got) != "[0s 333ms 667ms]" {
		t.Errorf("due at %s", got)
	}
}
