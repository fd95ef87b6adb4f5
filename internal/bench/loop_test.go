package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// loop runs case name on w until the n-th request arrived at path, in a window
// that has begun and does not end.
func loop(t *testing.T, f *fakeServer, w *worker, name, path string, n int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	inject := f.fault
	f.fault = func(p string, i int) fault {
		if p == path && i == n {
			cancel()
			return faultHang
		}
		return inject(p, i)
	}
	c, err := caseNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	w.client.close()
	w.closedLoop(ctx, c, window{start: now, end: now.Add(time.Hour)})
	w.client.close()
}

func TestLoopCounts(t *testing.T) {
	f := startFakeServer(t)
	r, w, _ := testRunner(t, f)
	f.fault = func(path string, n int) fault {
		switch n {
		case 3, 4, 9:
			return faultInternal
		case 6:
			return faultUnavailable
		}
		return faultNone
	}
	var pauses []time.Duration
	r.pause = func(_ context.Context, d time.Duration) { pauses = append(pauses, d) }
	loop(t, f, w, "refresh", "refresh", 12)
	if w.tally.latency.count != 7 || w.tally.errors != 3 || w.tally.refused != 1 {
		t.Errorf("%d right, %d errors, %d refused", w.tally.latency.count, w.tally.errors, w.tally.refused)
	}
	if got := w.tally.firstError.Error(); got != "status 500 /problems/internal: Title" {
		t.Errorf("first error %q", got)
	}
	ms := time.Millisecond
	if want := []time.Duration{10 * ms, 20 * ms, 7 * time.Second, 10 * ms}; !slices.Equal(pauses, want) {
		t.Errorf("pauses %s, want %s", pauses, want)
	}
}

func TestLoopKeepsAwayFromWarmup(t *testing.T) {
	f := startFakeServer(t)
	_, w, _ := testRunner(t, f)
	f.fault = once("refresh", 5, faultInternal)
	ctx, cancel := context.WithCancel(t.Context())
	w.r.pause = func(context.Context, time.Duration) { cancel() }
	now := time.Now()
	w.closedLoop(ctx, benchCases[0], window{start: now.Add(time.Hour), end: now.Add(2 * time.Hour)})
	if w.tally.latency.count != 0 || w.tally.errors != 1 {
		t.Errorf("%d right, %d errors", w.tally.latency.count, w.tally.errors)
	}
	w.tally = tally{}
	w.closedLoop(t.Context(), benchCases[0], window{start: now, end: now})
	if w.tally.latency.count != 0 || w.tally.errors != 0 {
		t.Errorf("after the end: %d right, %d errors", w.tally.latency.count, w.tally.errors)
	}
}

func TestLoopStopsWithoutSessions(t *testing.T) {
	f := startFakeServer(t)
	r, w, s := testRunner(t, f)
	f.sessions[string(s.id)].revoked = true
	r.pause = func(context.Context, time.Duration) {}
	loop(t, f, w, "refresh", "refresh", 2)
	if w.tally.errors != 1 || s.live {
		t.Errorf("%d errors, live %t", w.tally.errors, s.live)
	}
	// The next run gets a new session in its place.
	if err := r.signIn(t.Context()); err != nil || !s.live {
		t.Errorf("%v, live %t", err, s.live)
	}
}

func TestLoopRenewsAccessTokens(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	s.renewAt = time.Now()
	loop(t, f, w, "session", "session", 4)
	if w.tally.latency.count != 3 || w.tally.errors != 0 {
		t.Errorf("%d right, %d errors, %v", w.tally.latency.count, w.tally.errors, w.tally.firstError)
	}
	if f.counts["refresh"] != 1 || f.bearers[0] != fmt.Sprintf("eyJ_%s_1", s.id) {
		t.Errorf("%d refreshes, bearer %s", f.counts["refresh"], f.bearers[0])
	}
}
