package bench

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRefresh puts one fault into the second of four refreshes and looks at
// what each of them reports.
func TestRefresh(t *testing.T) {
	const right = ""
	for _, test := range []struct {
		name  string
		fault fault
		want  [4]string
		dials int64
		// attempts tells which of the attempts that arrived were the same:
		// a letter for each.
		attempts string
		lost     bool
	}{
		{"none", faultNone, [4]string{}, 1, "abcd", false},
		{"chunked", faultChunked, [4]string{}, 1, "abcd", false},
		{"the connection closes after the answer", faultCloseAfter, [4]string{}, 2, "abcd", false},
		{"the answer is lost", faultLoseAnswer, [4]string{}, 2, "abbcd", false},
		{"the request is lost", faultDrop, [4]string{}, 2, "abcd", false},
		{"unavailable", faultUnavailable, [4]string{1: "status 503 /problems/unavailable: Title"}, 1, "abc", false},
		{"internal", faultInternal, [4]string{1: "status 500 /problems/internal: Title"}, 1, "abc", false},
		{"not JSON", faultNotJSON, [4]string{1: "the answer is not the JSON that was expected: at byte 0, want an object"}, 1, "abbc", false},
		{"no tokens", faultNoTokens, [4]string{1: "the answer has no refresh_token"}, 1, "abbc", false},
		{"a generation too high", faultGeneration, [4]string{
			1: "refresh went from generation 1 to 3",
			2: "refresh went from generation 3 to 3",
		}, 1, "abcd", false},
		{"the same token", faultSameToken, [4]string{
			1: "refresh answered with the token that was presented",
			2: "status 401 /problems/refresh-token-reused: Title",
			3: "status 401 /problems/session-revoked reuse_detected: Title",
		}, 1, "abcc", true},
		{"another session", faultSession, [4]string{
			1: "refresh answered with another session",
			2: "refresh answered with another session",
		}, 1, "abcd", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFakeServer(t)
			f.fault = once("refresh", 2, test.fault)
			_, w, s := testRunner(t, f)
			for i, want := range test.want {
				got := right
				if err := w.refresh(t.Context(), s, time.Now()); err != nil {
					got = err.Error()
				}
				if got != want {
					t.Errorf("refresh %d: %q, want %q", i+1, got, want)
				}
			}
			if w.client.dials != test.dials {
				t.Errorf("%d connections, want %d", w.client.dials, test.dials)
			}
			if got := pattern(f.attempts); got != test.attempts {
				t.Errorf("attempts %s, want %s", got, test.attempts)
			}
			if s.live == test.lost {
				t.Errorf("live: %t", s.live)
			}
		})
	}
}

// pattern names equal strings by equal letters.
func pattern(list []string) string {
	var seen []string
	var out []byte
	for _, s := range list {
		i := slices.Index(seen, s)
		if i < 0 {
			i = len(seen)
			seen = append(seen, s)
		}
		out = append(out, byte('a'+i))
	}
	return string(out)
}

func TestRefreshLosesEveryAnswer(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	f.fault = func(_ string, n int) fault {
		if n <= 4 {
			return faultLoseAnswer
		}
		return faultNone
	}
	for i, want := range []bool{false, false, true, true} {
		if err := w.refresh(t.Context(), s, time.Now()); (err == nil) != want {
			t.Errorf("refresh %d: %v", i+1, err)
		}
	}
	if got := pattern(f.attempts); got != "aaaaab" {
		t.Errorf("attempts %s", got)
	}
	if s.generation != 2 {
		t.Errorf("generation %d", s.generation)
	}
}

func TestTimeout(t *testing.T) {
	f := startFakeServer(t)
	f.fault = once("refresh", 1, faultHang)
	_, w, s := testRunner(t, f)
	w.client.timeout = 10 * time.Millisecond
	err := w.refresh(t.Context(), s, time.Now())
	if err == nil || err.Error() != "no answer within 10ms" {
		t.Errorf("got %v", err)
	}
	w.client.timeout = time.Minute
	if err := w.refresh(t.Context(), s, time.Now()); err != nil {
		t.Error(err)
	}
}

func TestServerGone(t *testing.T) {
	f := startFakeServer(t)
	_, w, s := testRunner(t, f)
	f.Close()
	err := w.refresh(t.Context(), s, time.Now())
	if err == nil || !strings.Contains(err.Error(), "refused") || !s.live {
		t.Errorf("%v, live %t", err, s.live)
	}
}

func TestSession(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault fault
		want  string
	}{
		{"none", faultNone, ""},
		{"chunked", faultChunked, ""},
		{"the answer is lost", faultLoseAnswer, ""},
		{"a generation too high", faultGeneration, "session answered generation 2, want 1"},
		{"another session", faultSession, "session answered about another session"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := startFakeServer(t)
			f.fault = once("session", 1, test.fault)
			_, w, s := testRunner(t, f)
			if err := w.refresh(t.Context(), s, time.Now()); err != nil {
				t.Fatal(err)
			}
			var got string
			if err := w.session(t.Context(), s, time.Now()); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRenewAt(t *testing.T) {
	now := time.Now()
	for life, want := range map[int64]time.Duration{300: 270 * time.Second, 60: 30 * time.Second, 10: 5 * time.Second} {
		var s session
		s.adopt(&answer{expiresIn: life}, now)
		if got := s.renewAt.Sub(now); got != want {
			t.Errorf("a life of %d s: renewed after %s, want %s", life, got, want)
		}
	}
}

// TestSessionsAreNotShared has many clients walk many sessions: two clients
// with one chain would be seen as reuse.
func TestSessionsAreNotShared(t *testing.T) {
	f := startFakeServer(t)
	cfg := testConfig(f)
	cfg.Clients, cfg.Sessions = 4, 10
	r, err := newRunner(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.signIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, w := range r.workers {
		wg.Go(func() {
			for range 3 * len(w.sessions) {
				if err := w.refresh(t.Context(), w.next(benchCases[0]), time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(f.sessions) != 10 {
		t.Errorf("%d sessions", len(f.sessions))
	}
	for _, s := range f.sessions {
		if s.generation != 3 {
			t.Errorf("session %s rotated %d times, want 3", s.id, s.generation)
		}
	}
}
