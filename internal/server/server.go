package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/feed"
	"github.com/curfew-auth/curfew/internal/httpapi"
	"github.com/curfew-auth/curfew/internal/mail"
	"github.com/curfew-auth/curfew/internal/routine"
	"github.com/curfew-auth/curfew/internal/token"
	"github.com/curfew-auth/curfew/web"
)

// Config is what a Server is made of.
type Config struct {
	Settings config.Config
	// Version is the program's own.
	Version string
	Log     *slog.Logger
	// Now is the wall clock, and StoreClock the one it is compared with: that
	// of the database when nil.
	Now        func() time.Time
	StoreClock func(context.Context) (time.Time, error)
	// AdminRoutes are more routes of the operator's listener, by pattern.
	AdminRoutes map[string]http.Handler
}

// drainTime is how long requests under way may take to finish at a stop, and
// mail that waits to be sent.
const drainTime = 30 * time.Second

// Server is a running installation. It starts once and stops once.
type Server struct {
	config Config

	mu       sync.Mutex
	started  bool
	closers  []func() error // what Stop undoes, newest first
	failures chan error
	serving  sync.WaitGroup

	settings  config.Config // complete, once started
	data      *Data
	authority *authority.Authority
	product   net.Listener
	admin     net.Listener
	drain     time.Duration
	stopBy    time.Time // when the time to stop is over, once it has begun
	metrics   *metrics
	mail      *mail.Sender // nil for none

	reloader   *keyReloader
	clock      *clockKeeper
	background *background
	hub        *feed.Hub
}

// New makes a Server; Start does the rest.
func New(c Config) *Server {
	return &Server{config: c, failures: make(chan error, 2), drain: drainTime}
}

// Settings are the settings as they are in force: with the port that the
// system chose, where it had the choice. Valid once started.
func (s *Server) Settings() config.Config { return s.settings }

// AdminAddr is where metrics are served, "" for nowhere. Valid once started.
func (s *Server) AdminAddr() string {
	if s.admin == nil {
		return ""
	}
	return s.admin.Addr().String()
}

// Empty reports whether no account exists yet.
func (s *Server) Empty(ctx context.Context) (empty bool, err error) {
	public, err := s.authority.PublicConfig(ctx)
	return public.SetupNeeded, err
}

// Failed gives the error of a listener that gave up by itself.
func (s *Server) Failed() <-chan error { return s.failures }

// Start opens the data, listens and serves. When it returns, requests are
// answered; when it fails, nothing is left behind.
func (s *Server) Start(ctx context.Context) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return errors.New("server: started twice")
	}
	s.started = true
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.listen(); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.serve(ctx)
}

// onStop has Stop call fn, before all that was registered before.
func (s *Server) onStop(fn func() error) { s.closers = append(s.closers, fn) }

// listen takes the addresses and looks where mail goes, before anything is
// written.
func (s *Server) listen() (err error) {
	c := s.config.Settings
	if s.product, err = listen("CURFEW_ADDR", c.Addr); err != nil {
		return err
	}
	s.onStop(closing(s.product))
	s.settings = c.WithListenAddr(s.product.Addr().String())
	s.metrics = newMetrics(s.config.Version)
	if s.mail, err = s.newMailer(s.settings, s.metrics); err != nil {
		return err
	}
	if c.AdminAddr == "" {
		return nil
	}
	if s.admin, err = listen("CURFEW_ADMIN_ADDR", c.AdminAddr); err != nil {
		return err
	}
	s.onStop(closing(s.admin))
	return nil
}

// closing closes a listener that may be closed already.
func closing(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// open opens the data.
func (s *Server) open(ctx context.Context) (err error) {
	s.data, err = OpenData(ctx, s.settings.Store, Access{Create: true, Migrate: true, Alg: s.settings.SigningAlg, Now: s.config.Now})
	if err != nil {
		return err
	}
	s.onStop(s.data.DB.Close)
	return nil
}

// serve wires everything over the data and begins to answer.
func (s *Server) serve(ctx context.Context) error {
	d, log := s.data, s.config.Log
	m := s.metrics
	m.registry.MustRegister(storeMetrics{d.DB.Stats})
	ring := new(token.KeyRing)
	g := &gate{Store: d.DB}
	var err error
	if s.authority, err = newAuthority(d, s.settings, g, ring, m, s.startMail(s.mail), log); err != nil {
		return err
	}
	m.registry.MustRegister(startMetrics(s.authority.StartQueue)...)
	s.reloader = &keyReloader{keys: d.Keys, now: d.Clock.Now, ring: ring, trouble: routine.Trouble{Log: log, What: "reading the signing keys"}}
	if err := s.reloader.load(ctx); err != nil {
		return fmt.Errorf("cannot use the signing keys: %w", err)
	}
	if key, err := ring.Current(d.Clock.Now()); err == nil && key.Alg != s.settings.SigningAlg {
		log.Warn("the signing keys are of another algorithm than CURFEW_SIGNING_ALG: 'curfew signing-keys rotate' changes that",
			"setting", s.settings.SigningAlg, "in_use", key.Alg)
	}
	s.clock = &clockKeeper{clock: d.Clock, store: s.config.StoreClock, authority: s.authority, node: curfew.NewID(d.Clock.Now()),
		gate: g, log: log, trouble: routine.Trouble{Log: log, What: "the heartbeat"}}
	if s.clock.store == nil {
		s.clock.store = d.DB.Clock
	}
	if err := s.clock.compareAndBeat(ctx); err != nil {
		return fmt.Errorf("cannot use the database: %w", err)
	}
	s.onStop(func() error { s.clock.farewell(); return nil })
	// Whoever began to copy or fence since has not seen the heartbeat.
	if err := d.DB.UseCopy(ctx); err != nil {
		return fmt.Errorf("cannot use %s: %w", s.settings.Database(), err)
	}
	s.background = newBackground(d, s.settings, s.authority, g, s.clock.node, m, log)
	s.onStop(func() error { s.background.release(); return nil })
	if s.hub, err = newHub(d, s.authority, g, s.clock.node, m, log); err != nil {
		return err
	}
	s.hub.Start()
	s.onStop(func() error { s.hub.Stop(); return nil })
	if err := s.startWebhooks(ctx); err != nil {
		return err
	}
	uses := &keyUses{authority: s.authority, gate: g, trouble: routine.Trouble{Log: log, What: "recording the use of service keys"}}
	s.onStop(func() error { uses.last(); return nil })
	api, err := httpapi.New(httpapi.Config{
		Authority: s.authority, PublicURL: s.settings.PublicURL, SecureCookies: s.settings.SecureCookies(), ForwardAuth: s.settings.ForwardAuth,
		AllowedOrigins: s.settings.AllowedOrigins, TrustedProxies: s.settings.TrustedProxies,
		JWKS: func(now time.Time) any { return ring.JWKS(now) }, Now: d.Clock.Now,
		Feed: s.hub, Log: log, Metrics: m.registry, Version: s.config.Version, App: web.Files(),
	})
	if err != nil {
		return err
	}
	for _, l := range []*loop{
		{every: reloadEvery, pass: s.reloader.pass},
		{every: beatEvery, pass: s.clock.pass},
		{every: backgroundEvery, pass: s.background.pass},
		{every: keyUseEvery, pass: uses.pass},
	} {
		l.Start()
		s.onStop(func() error { l.Stop(); return nil })
	}
	if s.admin != nil {
		page, err := s.newConsole()
		if err != nil {
			return err
		}
		warnOpen(log, s.config.Settings.AdminAddr)
		operator := admin(m.admin(s.config.Settings.AdminAddr, page, s.config.AdminRoutes), log)
		s.onStop(operator.Close) // a profile under way is not waited for
		s.serving.Go(func() { s.answer(operator, s.admin) })
	}
	public := product(api, log)
	s.onStop(func() error { api.WaitForStreams(); return nil })
	s.onStop(func() error { return s.finish(public) })
	s.onStop(func() error { s.hub.EndStreams(); return nil }) // they would not finish by themselves
	s.onStop(func() error { g.drain(); return nil })
	s.serving.Go(func() { s.answer(public, s.product) })
	return nil
}

// answer serves until the server is closed.
func (s *Server) answer(h *http.Server, l net.Listener) {
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.failures <- fmt.Errorf("cannot listen at %s any more: %w", l.Addr(), err)
	}
}

// finish closes the listener and waits for the requests under way, for a
// limited time.
func (s *Server) finish(h *http.Server) error {
	ctx, cancel := context.WithDeadline(context.Background(), s.stopBy)
	defer cancel()
	err := h.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.config.Log.Warn("cut off the requests that were still under way", "after", s.drain.String())
		return h.Close()
	}
	return err
}

// Stop ends what Start began and returns when it has ended. Stopping twice, or
// what was never started, does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = true
	return s.close()
}

func (s *Server) close() (err error) {
	s.stopBy = time.Now().Add(s.drain)
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i]())
	}
	s.closers = nil
	s.serving.Wait()
	return err
}
