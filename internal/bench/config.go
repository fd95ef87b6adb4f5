package bench

import (
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// Config says what to measure and against which server: Own, or the BaseURL of
// one that runs already, with Email and Password or SignUp. Every other field
// may be zero.
type Config struct {
	// Own starts a server to be measured; all that follows about the other
	// server is then empty.
	Own *OwnServer

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
	// ServerPID is the server's process on this machine, for its CPU and
	// memory; 0 when unknown. Read from /proc, so on Linux only. A database
	// in a process of its own is not included.
	ServerPID int
	// Dir is a folder on the disk that holds the server's data, for the rate
	// of fsync; empty leaves that out.
	Dir string

	// Clients is the number of concurrent clients, default 64.
	Clients int
	// Sessions is how many sessions they use, default one each, never fewer.
	// A client goes round its own; no two clients share one.
	Sessions int
	// Cases are the names of the cases in order, default all that suit the
	// server but those that take long.
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
	// Rate is that of an open loop, in requests a second, which then follows
	// the closed loop of each case that can be paced; 0 is none, and Half is
	// half of what the closed loop reached.
	Rate float64

	// Large is how many sessions the account of the cases security, list and
	// everyone has (default 100,000, a twentieth as many people), Full how
	// many the store of the case memory is filled with (default 1,000,000),
	// and Sizes are those of the case size (default 50,000 and 5,000,000).
	Large, Full int
	Sizes       []int
	// Storm is how many clients misbehave in the cases fairness and storm, default
	// 256.
	Storm int

	// Profiles is a folder for profiles of the server of one's own (CPU, heap,
	// mutex, block), taken in one more run of each closed loop; empty is none.
	Profiles string
	// Progress is told in lines of text what is going on; nil is silence.
	Progress io.Writer
}

// Half as a rate is half of what the closed loop of the same case reached.
const Half = -1

// OwnServer says how to start a server to be measured.
type OwnServer struct {
	// Program is Curfew's own binary, and Environ what it finds in its
	// environment; settings of Curfew's are taken out.
	Program string
	Environ []string
	// Dir is the folder in which all data lies meanwhile, in a folder that is
	// removed afterwards; empty is the system's for temporary files.
	Dir string
	// Database is "sqlite", "postgres" for a server of one's own, or the URL
	// of a PostgreSQL server on which databases may be made.
	Database string
}

// fill puts the defaults in.
func (c *Config) fill() {
	c.Clients = orDefault(c.Clients, 64)
	c.Sessions = orDefault(c.Sessions, c.Clients)
	c.Runs = orDefault(c.Runs, 3)
	c.Warmup = max(orDefault(c.Warmup, time.Second), 0)
	c.Duration = orDefault(c.Duration, 5*time.Second)
	c.Timeout = orDefault(c.Timeout, 10*time.Second)
	c.Large = orDefault(c.Large, 100_000)
	c.Full = orDefault(c.Full, 1_000_000)
	if len(c.Sizes) == 0 {
		c.Sizes = []int{50_000, 5_000_000}
	}
	c.Storm = orDefault(c.Storm, 256)
	if len(c.Cases) == 0 {
		for _, k := range benchCases {
			if !k.slow && (c.Own != nil || !k.own) {
				c.Cases = append(c.Cases, k.name)
			}
		}
	}
	if c.SignUp || c.Own != nil {
		c.Email = orDefault(c.Email, "owner@bench.example")
		c.Password = orDefault(c.Password, randomHex(16))
	}
}

// check refuses what cannot be measured.
func (c *Config) check() error {
	switch {
	case c.Clients < 0 || c.Runs < 0 || c.Duration < 0 || c.Timeout < 0 || c.Storm < 0:
		return errors.New("clients, runs, duration and timeout must be positive")
	case c.Rate < 0 && c.Rate != Half:
		return errors.New("the rate must be positive")
	case c.Sessions < c.Clients:
		return fmt.Errorf("sessions (%d) must be at least clients (%d): no two clients share a session", c.Sessions, c.Clients)
	case c.Large < leastLarge:
		return fmt.Errorf("an account of %d sessions is too small to be called large: %d at least", c.Large, leastLarge)
	case c.Email == "" || c.Password == "":
		return errors.New("an email and a password are needed to sign in")
	case c.Own != nil && c.BaseURL != "":
		return errors.New("either a server of one's own is measured, or another one")
	}
	for _, n := range append(c.Sizes, c.Full) {
		if n < c.Clients {
			return fmt.Errorf("%d sessions are too few for %d clients", n, c.Clients)
		}
	}
	return nil
}

func newRunner(cfg Config) (*runner, error) {
	cfg.fill()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	r := &runner{cfg: cfg, pause: pause}
	for _, name := range cfg.Cases {
		c, err := caseNamed(name)
		if err != nil {
			return nil, err
		}
		if c.own && cfg.Own == nil {
			return nil, fmt.Errorf("the case %s needs a server of one's own, whose store can be filled", name)
		}
		r.cases = append(r.cases, c)
	}
	var err error
	if r.loginBody, err = json.Marshal(map[string]string{"email": cfg.Email, "password": cfg.Password, "delivery": "body"}); err != nil {
		return nil, err
	}
	if cfg.Own == nil {
		if r.target, err = parseTarget(cfg.BaseURL, cfg.TLS); err != nil {
			return nil, err
		}
		r.serverPID, r.dir = cfg.ServerPID, cfg.Dir
	}
	r.workers = r.crew(cfg.Clients)
	for i := range cfg.Sessions {
		w := r.workers[i%cfg.Clients]
		w.sessions = append(w.sessions, newSession())
	}
	return r, nil
}

// crew is n workers without sessions.
func (r *runner) crew(n int) []*worker {
	workers := make([]*worker, n)
	for i := range workers {
		workers[i] = &worker{r: r, number: i, client: client{target: &r.target, timeout: r.cfg.Timeout}, dice: *rand.NewPCG(1, uint64(i))}
	}
	return workers
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
	crand.Read(b)
	return hex.EncodeToString(b)
}
