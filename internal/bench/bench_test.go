package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serverEnv makes the test binary be a fake server, so that the benchmark can
// tell the client's CPU from the server's.
const serverEnv = "CURFEW_BENCH_FAKE_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) == "" {
		os.Exit(m.Run())
	}
	f := newFakeServer()
	f.Start()
	fmt.Println(f.URL)
	io.Copy(io.Discard, os.Stdin) // until the parent goes
}

func TestRun(t *testing.T) {
	f := startFakeServer(t)
	var progress bytes.Buffer
	cfg := testConfig(f)
	cfg.Clients, cfg.Sessions, cfg.Runs = 3, 7, 2
	cfg.SignUp = true
	cfg.Warmup = time.Millisecond
	cfg.ServerPID = os.Getpid()
	cfg.Dir = t.TempDir()
	cfg.Progress = &progress
	// No figure depends on a run having fitted in many requests.
	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range report.Cases {
		names = append(names, c.Name)
		if c.Errors != 0 || c.Refused != 0 || c.Reconnects != 0 || c.FirstError != "" {
			t.Errorf("%s: %+v", c.Name, c)
		}
		if len(c.Runs) != 2 {
			t.Errorf("%s: %d runs", c.Name, len(c.Runs))
		}
	}
	if !slices.Equal(names, []string{"refresh", "session", "login"}) {
		t.Errorf("cases %q", names)
	}
	if l := report.Limits; l.Fsync <= 0 || l.Ed25519 <= 0 || l.HMAC <= 0 || l.SHA256 <= 0 {
		t.Errorf("limits %+v", l)
	}
	if left, _ := os.ReadDir(cfg.Dir); len(left) != 0 {
		t.Errorf("files left behind: %v", left)
	}
	for _, want := range []string{"signing in 7 sessions\n", "signed in 7 of 7\n", "refresh, run 2 of 2: "} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("progress lacks %q:\n%s", want, &progress)
		}
	}
	if strings.Count(progress.String(), "signing in") != 1 {
		t.Errorf("sessions were not kept between cases:\n%s", &progress)
	}
}

func TestRunOverTLS(t *testing.T) {
	f := newFakeServer()
	f.StartTLS()
	defer f.Close()
	cfg := testConfig(f)
	cfg.Cases = []string{"refresh"}
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	cfg.TLS = &tls.Config{RootCAs: roots}
	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c := report.Cases[0]; c.Errors != 0 {
		t.Errorf("%+v", c)
	}

	cfg.TLS = nil
	if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	f := startFakeServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.fault = func(path string, n int) fault {
		if path == "refresh" && n == 3 {
			cancel()
			return faultHang
		}
		return faultNone
	}
	cfg := testConfig(f)
	cfg.Duration, cfg.Timeout = time.Hour, time.Hour
	report, err := Run(ctx, cfg)
	if err != context.Canceled || len(report.Cases) != 0 {
		t.Errorf("%v, %d cases", err, len(report.Cases))
	}
}

func TestRunRefuses(t *testing.T) {
	f := startFakeServer(t)
	f.closed = true
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no URL", func(c *Config) { c.BaseURL = "" }, `the base URL ""`},
		{"no host", func(c *Config) { c.BaseURL = "http:///x" }, "is not like http://127.0.0.1:8080"},
		{"another scheme", func(c *Config) { c.BaseURL = "ftp://x" }, "neither http nor https"},
		{"a query", func(c *Config) { c.BaseURL += "/?a=b" }, "is not like"},
		{"unknown case", func(c *Config) { c.Cases = []string{"logout"} }, `no case "logout"; there are refresh, session, login`},
		{"too few sessions", func(c *Config) { c.Clients, c.Sessions = 3, 2 }, "no two clients share a session"},
		{"negative", func(c *Config) { c.Runs = -1 }, "must be positive"},
		{"no password", func(c *Config) { c.Password = "" }, "are needed to sign in"},
		{"wrong password", func(c *Config) { c.Password = "x" }, "sign in: status 401 /problems/invalid-credentials: Title"},
		{"sign-up closed", func(c *Config) { c.SignUp = true }, "sign up: status 403 /problems/signup-closed"},
		{"no such folder", func(c *Config) { c.Dir = "/nowhere/at/all" }, "measure fsync: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := testConfig(f)
			test.change(&cfg)
			_, err := Run(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	r, err := newRunner(Config{BaseURL: "http://[::1]/curfew/", SignUp: true})
	if err != nil {
		t.Fatal(err)
	}
	c := r.cfg
	if c.Clients != 64 || c.Sessions != 64 || c.Runs != 3 || c.Warmup != time.Second || c.Duration != 5*time.Second {
		t.Errorf("%+v", c)
	}
	if c.Email == "" || len(c.Password) < 16 {
		t.Errorf("made up %q, %q", c.Email, c.Password)
	}
	if r.target.addr != "[::1]:80" || r.target.host != "[::1]" || r.target.prefix != "/curfew/api/v1" {
		t.Errorf("%+v", r.target)
	}
}

func TestSignInComesBackLater(t *testing.T) {
	f := startFakeServer(t)
	r, _, s := testRunner(t, f)
	f.fault = func(_ string, n int) fault {
		if n <= 3 {
			return faultUnavailable
		}
		return faultNone
	}
	s.live = false
	var pauses []time.Duration
	r.pause = func(_ context.Context, d time.Duration) { pauses = append(pauses, d) }
	if err := r.signIn(t.Context()); err != nil || !s.live {
		t.Fatalf("%v, live %t", err, s.live)
	}
	if !slices.Equal(pauses, []time.Duration{7 * time.Second, 7 * time.Second}) {
		t.Errorf("paused for %s", pauses)
	}

	f.fault = func(string, int) fault { return faultUnavailable }
	s.live = false
	if err := r.signIn(t.Context()); err == nil || !strings.Contains(err.Error(), "503 /problems/unavailable") {
		t.Errorf("a server that never is available: %v", err)
	}
	f.fault = func(string, int) fault { return faultThrottled }
	if err := r.signIn(t.Context()); err == nil || !strings.Contains(err.Error(), "CURFEW_THROTTLE=off") {
		t.Errorf("a server that throttles: %v", err)
	}
}

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

// BenchmarkClient measures the CPU that the generator needs for a request,
// with 64 clients and the server in another process. The figure that counts is
// cpu-us/op; net/http's client stands beside it.
func BenchmarkClient(b *testing.B) {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}

	r, err := newRunner(Config{BaseURL: strings.TrimSpace(url), Email: testEmail, Password: testPassword})
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	if err := r.signIn(b.Context()); err != nil {
		b.Fatal(err)
	}
	measure := func(b *testing.B, one func(w *worker, s *session) error) {
		b.ReportAllocs()
		var n atomic.Int64
		var wg sync.WaitGroup
		before := cpuTime(os.Getpid())
		for _, w := range r.workers {
			wg.Go(func() {
				for n.Add(1) <= int64(b.N) {
					if err := one(w, w.sessions[0]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		used := time.Duration(cpuTime(os.Getpid()).since(before))
		b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-us/op")
	}
	b.Run("refresh", func(b *testing.B) {
		measure(b, func(w *worker, s *session) error { return w.refresh(b.Context(), s, time.Now()) })
	})
	b.Run("session", func(b *testing.B) {
		measure(b, func(w *worker, s *session) error { return w.session(b.Context(), s, time.Now()) })
	})
	b.Run("session by net/http", func(b *testing.B) {
		transport := &http.Transport{MaxIdleConnsPerHost: 64}
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport, Timeout: 10 * time.Second}
		measure(b, func(w *worker, s *session) error {
			req, err := http.NewRequestWithContext(b.Context(), "GET", r.cfg.BaseURL+"/api/v1/auth/session", nil)
			if err != nil {
				return err
			}
			req.Header.Set("Authorization", "Bearer "+string(s.accessToken))
			res, err := c.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			var a answer
			return a.scan(body)
		})
	})
}
