// Package bench measures a running Curfew over HTTP: the load generator behind
// `curfew bench`.
//
// # What is measured
//
// A run is a closed loop: each of [Config.Clients] clients has one connection
// and one request under way, and sends the next as soon as the answer is read
// and checked. Closed loops show what the server can do at saturation; their
// median latency is about clients divided by rate, so it tells the length of
// the queue and not the cost of one lonely request.
//
// Three cases exist:
//
//   - refresh: every client walks the refresh chains of sessions that are its
//     own, with tokens in the body. An answer is right when it is a 200 with a
//     new refresh token and a generation exactly one higher.
//   - session: GET /auth/session with a bearer token, answered from the store.
//     The answer must name this session in its known generation. Access tokens
//     are renewed, outside the figures, before they expire.
//   - login: sign-in, which the server's argon2id dominates on purpose.
//
// Rates and latencies are those of right answers that were complete within the
// measured time. Anything else is counted as an error, also during warm-up,
// and the first one is reported in words. After an error a client pauses, so a
// broken server is not hammered.
//
// Each case runs several times; the row shown is that of the run with the
// median rate, so its figures belong together. Errors are those of all runs.
// Beside them stand the limits of the same machine, taken before the first and
// after the last run, because only ratios carry over to another machine. The
// better of both counts, and the report warns when they are far apart: then
// something else was at work, and its figures are not worth much.
//
// # What it costs
//
// The generator usually shares the machine with the server, so it brings its
// own HTTP/1.1 client, which needs less than half the CPU of net/http's.
// Its own use of CPU is part of the report.
package bench

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what to measure and against which server. BaseURL is required,
// and either Email and Password or SignUp; every other field may be zero.
type Config struct {
	// BaseURL is the server's origin, such as http://127.0.0.1:8080, with a
	// path if a proxy put the server under one. TLS works but costs the
	// generator more CPU.
	BaseURL string
	// TLS is used for https; nil trusts the system's roots.
	TLS *tls.Config

	// Email and Password are those of the person whose sessions are used. The
	// server must run with CURFEW_THROTTLE=off, since one person signs in
	// very often.
	Email    string
	Password string
	// SignUp creates the account and its owner first, for a server that is
	// still empty. An email or password left empty is then made up.
	SignUp bool

	// Clients is the number of concurrent clients, default 64.
	Clients int
	// Sessions is how many sessions they use, default one each, never fewer.
	// A client goes round its own; no two clients share one.
	Sessions int
	// Cases are the names of the cases in order, default all of [Cases].
	Cases []string
	// Runs is how often each case is measured, default 3.
	Runs int
	// Warmup precedes each run and is not measured, default 1 s, none when
	// negative.
	Warmup time.Duration
	// Duration is the measured time of each run, default 5 s.
	Duration time.Duration
	// Timeout bounds one request, default 10 s.
	Timeout time.Duration

	// ServerPID is the server's process on this machine, for its CPU and
	// memory; 0 when unknown. Read from /proc, so on Linux only. A database
	// in a process of its own is not included.
	ServerPID int
	// Dir is a folder on the disk that holds the server's data, for the rate
	// of fsync; empty leaves that out.
	Dir string
	// Progress is told in lines of text what is going on; nil is silence.
	Progress io.Writer
}

const (
	// signInParallel bounds sign-ins under way during set-up: enough to keep
	// the cores of a server busy, few enough for its queue.
	signInParallel = 8
	// signInTries is how often set-up repeats a sign-in that the server asks
	// to send later.
	signInTries = 10

	minPause = 10 * time.Millisecond
	maxPause = time.Second
)

// Run measures all cases one after the other. On an error, which includes a
// context that ended, the report holds the cases that were complete by then.
// Wrong answers are no error of Run: they are counted in the report.
func Run(ctx context.Context, cfg Config) (Report, error) {
	r, err := newRunner(cfg)
	if err != nil {
		return Report{}, err
	}
	defer r.close()
	return r.run(ctx)
}

// runner is one call of Run.
type runner struct {
	cfg     Config
	cases   []benchCase
	target  target
	workers []*worker
	pause   func(context.Context, time.Duration)

	progressMu sync.Mutex
}

// worker is one client: a connection, the sessions it owns, and the buffers
// and counters of its requests. It is used by one goroutine at a time.
type worker struct {
	r        *runner
	client   client
	sessions []*session
	turn     int
	req      []byte
	ans      answer
	tally    tally
}

// tally is what one worker saw during one run.
type tally struct {
	latency      histogram
	errors       int64
	refused      int64
	firstError   error
	firstErrorAt time.Time
}

// window is the time of one run. Warm-up is what lies before start.
type window struct{ start, end time.Time }

func newRunner(cfg Config) (*runner, error) {
	cfg.Clients = orDefault(cfg.Clients, 64)
	cfg.Sessions = orDefault(cfg.Sessions, cfg.Clients)
	cfg.Runs = orDefault(cfg.Runs, 3)
	cfg.Warmup = max(orDefault(cfg.Warmup, time.Second), 0)
	cfg.Duration = orDefault(cfg.Duration, 5*time.Second)
	cfg.Timeout = orDefault(cfg.Timeout, 10*time.Second)
	if len(cfg.Cases) == 0 {
		cfg.Cases = Cases()
	}
	if cfg.SignUp {
		cfg.Email = orDefault(cfg.Email, "owner@bench.example")
		cfg.Password = orDefault(cfg.Password, randomHex(16))
	}

	switch {
	case cfg.Clients < 0 || cfg.Runs < 0 || cfg.Duration < 0 || cfg.Timeout < 0:
		return nil, errors.New("clients, runs, duration and timeout must be positive")
	case cfg.Sessions < cfg.Clients:
		return nil, fmt.Errorf("sessions (%d) must be at least clients (%d): no two clients share a session", cfg.Sessions, cfg.Clients)
	case cfg.Email == "" || cfg.Password == "":
		return nil, errors.New("an email and a password are needed to sign in")
	}
	target, err := parseTarget(cfg.BaseURL, cfg.TLS)
	if err != nil {
		return nil, err
	}
	target.loginBody, err = json.Marshal(map[string]string{
		"email": cfg.Email, "password": cfg.Password, "delivery": "body",
	})
	if err != nil {
		return nil, err
	}

	r := &runner{cfg: cfg, target: target, pause: pause}
	for _, name := range cfg.Cases {
		c, err := caseNamed(name)
		if err != nil {
			return nil, err
		}
		r.cases = append(r.cases, c)
	}
	for range cfg.Clients {
		w := &worker{r: r}
		w.client = client{target: &r.target, timeout: cfg.Timeout}
		r.workers = append(r.workers, w)
	}
	for i := range cfg.Sessions {
		w := r.workers[i%cfg.Clients]
		w.sessions = append(w.sessions, &session{mark: randomHex(8)})
	}
	return r, nil
}

func (r *runner) close() {
	for _, w := range r.workers {
		w.client.close()
	}
}

func (r *runner) run(ctx context.Context) (Report, error) {
	report := Report{
		StartedAt:  time.Now().UTC().Truncate(time.Second),
		Machine:    Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		Clients:    r.cfg.Clients,
		Sessions:   r.cfg.Sessions,
		RunsEach:   r.cfg.Runs,
		RunSeconds: r.cfg.Duration.Seconds(),
		Warmup:     r.cfg.Warmup.Seconds(),
	}
	if r.cfg.SignUp {
		if err := r.workers[0].signUp(ctx); err != nil {
			return report, fmt.Errorf("sign up: %w", err)
		}
	}
	r.say("measuring the machine")
	var err error
	report.Limits, err = measureLimits(ctx, r.cfg.Dir, min(r.cfg.Duration, time.Second))
	if err != nil {
		return report, err
	}
	for _, c := range r.cases {
		var runs []Result
		for i := range r.cfg.Runs {
			if c.signedIn {
				if err := r.signIn(ctx); err != nil {
					return report, fmt.Errorf("sign in: %w", err)
				}
			}
			res := r.runOnce(ctx, c)
			if err := ctx.Err(); err != nil {
				return report, err
			}
			r.say("%s, run %d of %d: %s/s, p99 %s ms, %d errors",
				c.name, i+1, r.cfg.Runs, thousands(res.PerSecond), millis(res.P99), res.Errors)
			runs = append(runs, res)
		}
		report.Cases = append(report.Cases, summarize(c, runs))
	}
	r.say("measuring the machine again")
	again, err := measureLimits(ctx, r.cfg.Dir, min(r.cfg.Duration, time.Second))
	if err != nil {
		return report, err
	}
	report.Limits = report.Limits.merge(again)
	report.relate()
	return report, nil
}

// signIn gives every session slot that has no live session a new one.
func (r *runner) signIn(ctx context.Context) error {
	var total int
	for _, w := range r.workers {
		for _, s := range w.sessions {
			if !s.live {
				total++
			}
		}
	}
	if total == 0 {
		return nil
	}
	r.say("signing in %d sessions", total)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, signInParallel)
	var done atomic.Int64
	var wg sync.WaitGroup
	for _, w := range r.workers {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, s := range w.sessions {
				if s.live {
					continue
				}
				if err := w.signInPatiently(ctx, s); err != nil {
					cancel(err)
					return
				}
				if n := int(done.Add(1)); n*4/total != (n-1)*4/total {
					r.say("signed in %d of %d", n, total)
				}
			}
			// The connection belongs to the context of the set-up.
			w.client.close()
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// signInPatiently signs in and does as told when the server says "later".
func (w *worker) signInPatiently(ctx context.Context, s *session) error {
	for try := 1; ; try++ {
		err := w.login(ctx, s, time.Now())
		var later *refusal
		if err == nil || try == signInTries || !errors.As(err, &later) {
			return err
		}
		w.r.pause(ctx, later.wait)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// runOnce has all workers do case c through warm-up and measured time.
func (r *runner) runOnce(ctx context.Context, c benchCase) Result {
	now := time.Now()
	win := window{start: now.Add(r.cfg.Warmup), end: now.Add(r.cfg.Warmup + r.cfg.Duration)}

	// Connections live as long as the run, whose context closes them.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for _, w := range r.workers {
		w.tally = tally{}
		w.client.dials = 0
		wg.Go(func() {
			defer w.client.close()
			w.closedLoop(ctx, c, win)
		})
	}
	pause(ctx, time.Until(win.start))
	server, self := cpuTime(r.cfg.ServerPID), cpuTime(os.Getpid())
	pause(ctx, time.Until(win.end))
	server, self = cpuTime(r.cfg.ServerPID).since(server), cpuTime(os.Getpid()).since(self)
	memory := memoryOf(r.cfg.ServerPID)
	wg.Wait()

	var all tally
	var reconnects int64
	for _, w := range r.workers {
		all.add(&w.tally)
		reconnects += max(w.client.dials-1, 0)
	}
	return newResult(&all, reconnects, r.cfg.Duration, server, self, memory)
}

// closedLoop does case c until the window ends, one request after the other.
// What one request is, and how it is judged, is the case's matter; a loop that
// keeps a schedule instead would replace this function alone.
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
			if measured && !end.Before(win.start) && end.Before(win.end) {
				w.tally.latency.record(end.Sub(now))
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
	for range w.sessions {
		s := w.sessions[w.turn%len(w.sessions)]
		w.turn++
		if s.live || !c.signedIn {
			return s
		}
	}
	return nil
}

func (t *tally) fail(err error, at time.Time) {
	if t.errors == 0 {
		t.firstError, t.firstErrorAt = err, at
	}
	t.errors++
}

func (t *tally) add(o *tally) {
	t.latency.add(&o.latency)
	if o.firstError != nil && (t.firstError == nil || o.firstErrorAt.Before(t.firstErrorAt)) {
		t.firstError, t.firstErrorAt = o.firstError, o.firstErrorAt
	}
	t.errors += o.errors
	t.refused += o.refused
}

func (r *runner) say(format string, args ...any) {
	if r.cfg.Progress == nil {
		return
	}
	r.progressMu.Lock()
	defer r.progressMu.Unlock()
	fmt.Fprintf(r.cfg.Progress, format+"\n", args...)
}

// pause waits for d or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}
