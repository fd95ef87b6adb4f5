package apitest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/device"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/httpapi"
	"github.com/curfew-auth/curfew/internal/password"
	"github.com/curfew-auth/curfew/internal/policy"
	"github.com/curfew-auth/curfew/internal/store"
	"github.com/curfew-auth/curfew/internal/store/storetest"
	"github.com/curfew-auth/curfew/internal/token"
)

// clock is a clock that only the test moves.
type clock struct{ micros atomic.Int64 }

func (c *clock) Now() time.Time            { return time.UnixMicro(c.micros.Load()).UTC() }
func (c *clock) set(t time.Time)           { c.micros.Store(t.UnixMicro()) }
func (c *clock) pass(d time.Duration)      { c.micros.Add(d.Microseconds()) }
func (c *clock) in(d time.Duration) string { return stamp(c.Now().Add(d)) }

// stamp is a time as it must travel.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }

// logBook keeps what the server logs.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// setup is what a test may change before its server starts.
type setup struct {
	open      storetest.Open
	publicURL string // that of the listener when ""
	authority authority.Config
	api       httpapi.Config
	feed      bool // whether there is a revocation feed
}

// world is an installation of its own, for one test.
type world struct {
	t     *testing.T
	url   string // the public URL
	addr  string // where it listens
	clock *clock
	tap   *storetest.Tap
	log   *logBook
	setup setup
	ring  *token.KeyRing
	keys  authority.Keys
	api   atomic.Pointer[httpapi.API]
	hub   *feed.Hub
	auth  *authority.Authority

	mu      sync.Mutex
	secrets map[string]bool // what must be in no log and no problem

	// Acme is the account under test, with an owner and a member. Other must
	// never be touched by it.
	ada, bob, oleg *person
}

// startEmpty starts a server that knows nobody yet.
func startEmpty(t *testing.T, change ...func(*setup)) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock), tap: new(storetest.Tap), log: new(logBook), ring: new(token.KeyRing), secrets: map[string]bool{}}
	w.clock.set(time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w.addr = listener.Addr().String()
	w.setup = setup{open: engine.open, publicURL: "http://" + w.addr}
	secrets, err := token.NewSecrets([]byte("a secret of the tests, 32 bytes or more"))
	must(t, err)
	hasher, err := password.New(password.Config{MemoryKiB: 64, Passes: 1, Queue: 1000})
	must(t, err)
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.setup.authority = authority.Config{
		Now: w.clock.Now, Log: log, Signup: authority.SignupOpen, ThrottleOff: true,
		Bounds:         policy.Bounds{Idle: policy.Range{Min: 15, Max: 43200, Default: 10080}, Absolute: policy.Range{Min: 60, Max: 129600, Default: 20160}},
		AccessTokenTTL: 5 * time.Minute, RefreshGrace: 30 * time.Second,
		Secrets: secrets, Passwords: hasher, PasswordRules: password.Policy{MinLength: 15}, ParseDevice: device.Parse,
		Sleep: func(context.Context, time.Duration) error { return nil },
	}
	w.setup.api = httpapi.Config{Now: w.clock.Now, Log: log, Version: "1.2.3"}
	for _, c := range change {
		c(&w.setup)
	}
	w.url = w.setup.publicURL
	chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
	must(t, err)
	w.setup.authority.Store = w.setup.open(t, chain, w.tap.Wrap)
	w.setup.authority.Store.(*store.DB).SetClock(w.clock.Now)
	w.setup.authority.OneWriter = w.setup.authority.Store.(*store.DB).OneWriter()
	w.keys = authority.Keys{Store: w.setup.authority.Store, Secrets: secrets, Alg: token.AlgEdDSA}
	must(t, w.keys.Ensure(context.Background(), w.clock.Now()))
	w.restart()

	server := &httptest.Server{Listener: listener, Config: &http.Server{
		Handler:  http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.api.Load().ServeHTTP(rw, r) }),
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(w.checkLog)
	return w
}

// restart builds everything anew over the same store, as a new process would:
// nothing that the old one had in memory is left.
func (w *world) restart() {
	w.t.Helper()
	w.ring = new(token.KeyRing)
	w.loadKeys()
	c := w.setup.authority
	c.PublicURL = w.url
	var err error
	c.Signer, err = token.NewSigner(w.ring, w.url, w.url)
	must(w.t, err)
	c.Verifier, err = token.NewVerifier(w.ring, w.url, w.url, token.DefaultCacheSize)
	must(w.t, err)
	a, err := authority.New(c)
	must(w.t, err)
	ring, config := w.ring, w.setup.api
	config.Authority, config.PublicURL, config.SecureCookies = a, w.url, strings.HasPrefix(w.url, "https:")
	config.JWKS = func(now time.Time) any { return ring.JWKS(now) }
	if w.auth = a; w.setup.feed {
		config.Feed = w.startFeed(a)
	}
	api, err := httpapi.New(config)
	must(w.t, err)
	w.api.Store(api)
}

func (w *world) loadKeys() {
	w.t.Helper()
	keys, err := w.keys.Load(context.Background(), w.clock.Now())
	must(w.t, err)
	must(w.t, w.ring.Replace(keys))
}

// start starts a server with two accounts: Acme with Ada, its owner, and Bob, a
// member; Other with Oleg, its owner.
func start(t *testing.T, change ...func(*setup)) *world {
	t.Helper()
	w := startEmpty(t, change...)
	w.ada = w.signUp("Acme", "Ada Owner", "ada@acme.example")
	w.bob = w.join(w.ada, "Bob Member", "bob@acme.example", "member")
	w.oleg = w.signUp("Other", "Oleg Owner", "oleg@other.example")
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secret notes a text that must not come back in a log or a problem.
func (w *world) secret(texts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range texts {
		if len(s) >= minSecret && !strings.Contains(s, canary) { // canaries are looked for by their own test
			w.secrets[s] = true
		}
	}
}

// minSecret is the length below which a text may be there by chance.
const minSecret = 8

// checkLog holds the whole log against the secrets that the test saw.
func (w *world) checkLog() {
	log := w.log.String()
	if w.t.Failed() {
		w.t.Logf("this was on %s", engine.name)
	}
	for line := range strings.Lines(log) {
		if w.t.Failed() && strings.Contains(line, `"level":"ERROR"`) {
			w.t.Logf("logged: %s", line)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.secrets {
		if strings.Contains(log, s) {
			w.t.Errorf("the log holds the secret %.12s...", s)
		}
	}
}

// in is the same world as seen from a subtest.
func (w *world) in(t *testing.T) *world {
	v := &world{t: t, url: w.url, addr: w.addr, clock: w.clock, tap: w.tap, log: w.log, setup: w.setup, ring: w.ring, keys: w.keys, secrets: map[string]bool{}}
	for _, p := range []struct {
		to   **person
		from *person
	}{{&v.ada, w.ada}, {&v.bob, w.bob}, {&v.oleg, w.oleg}} {
		if p.from != nil {
			moved, c := *p.from, *p.from.client
			moved.client, c.w = &c, v
			*p.to = &moved
		}
	}
	v.api.Store(w.api.Load())
	t.Cleanup(v.checkLog)
	return v
}

// signed is an access token of a session as the server would sign it now,
// whether the session is alive or not.
func (w *world) signed(p *person, session string) string {
	w.t.Helper()
	signer, err := token.NewSigner(w.ring, w.url, w.url)
	must(w.t, err)
	id := func(s string) curfew.ID {
		id, err := curfew.ParseID(s)
		must(w.t, err)
		return id
	}
	now := w.clock.Now()
	text, err := signer.Sign(token.Claims{UserID: id(p.id), AccountID: id(p.account), SessionID: id(session), Role: curfew.Role(p.role),
		IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute), AuthTime: now, IdleExpiresAt: now.Add(time.Hour), AbsoluteExpiresAt: now.Add(time.Hour), AMR: []string{"pwd"}})
	must(w.t, err)
	w.secret(text)
	return text
}
