package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
)

// serverEnv makes the test binary be a fake server, so that the benchmark can
// tell the client's CPU from the server's.
const serverEnv = "CURFEW_BENCH_FAKE_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) == "" {
		pgtest.Main(m)
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
	if !slices.Equal(names, []string{"refresh", "session", "login", "mixed"}) {
		t.Errorf("cases %q", names)
	}
	if l := report.Limits; l.Fsync <= 0 || l.Ed25519 <= 0 || l.Ed25519Verify <= 0 || l.HMAC <= 0 || l.SHA256 <= 0 || l.Argon2id <= 0 || l.HTTP <= 0 {
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

// TestRunAtHalf: the open loop runs at half of what the closed one reached,
// which may be nothing on a machine that is busy.
func TestRunAtHalf(t *testing.T) {
	cfg := testConfig(startFakeServer(t))
	cfg.Cases, cfg.Rate = []string{"session", "login"}, Half
	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	closed, rest := report.Cases[0], report.Cases[1:]
	if closed.Median.PerSecond > 0 {
		if half := rest[0]; half.Name != "session" || half.Rate != closed.Median.PerSecond/2 || half.Errors != 0 {
			t.Errorf("%f/s, then %+v", closed.Median.PerSecond, half)
		}
		rest = rest[1:]
	}
	if len(rest) != 1 || rest[0].Name != "login" || rest[0].Rate != 0 {
		t.Errorf("then %+v", rest)
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
	if !errors.Is(err, context.Canceled) || len(report.Cases) != 0 {
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
		{"a strange rate", func(c *Config) { c.Rate = -2 }, "the rate must be positive"},
		{"a case for a store of one's own", func(c *Config) { c.Cases = []string{"everyone"} }, "everyone needs a server of one's own"},
		{"a small large account", func(c *Config) { c.Large = 3 }, "too small to be called large"},
		{"too small a size", func(c *Config) { c.Clients, c.Sessions, c.Sizes = 9, 9, []int{8} }, "8 sessions are too few for 9 clients"},
		{"two servers", func(c *Config) { c.Own = &OwnServer{} }, "either a server of one's own"},
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
	if c.Large != 100_000 || c.Full != 1_000_000 || !slices.Equal(c.Sizes, []int{50_000, 5_000_000}) || c.Storm != 256 || c.Rate != 0 {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.Cases, []string{"refresh", "session", "login", "mixed"}) {
		t.Errorf("cases of another server: %q", c.Cases)
	}
	own := Config{Own: &OwnServer{}}
	own.fill()
	if want := slices.DeleteFunc(Cases(), func(name string) bool { return name == "size" }); !slices.Equal(own.Cases, want) {
		t.Errorf("cases of a server of one's own: %q", own.Cases)
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
