package faults

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/history"
	"github.com/curfew-auth/curfew/verify/internal/probe"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

const (
	// bound is how old the knowledge of verifiers may be.
	bound = 2 * time.Second
	// healing is how long after a fault everything must go on again. It is far
	// more than it takes, for machines that are busy.
	healing = 45 * time.Second
)

// scene is people with sessions, verifiers that are asked about them all the
// time, and what came of that.
type scene struct {
	all     *testing.T // for those who watch
	t       *testing.T // of the fault of the moment
	people  *rig.Product
	owner   *rig.Session
	record  *history.Recorder
	stop    chan struct{}
	watches sync.WaitGroup

	mu        sync.Mutex
	sessions  []*rig.Session  // that verifiers are asked about
	living    []*rig.Session  // those of them that nobody ended
	ended     map[string]bool // acknowledged
	tried     map[string]bool // not acknowledged, or not yet
	verifiers []*watched
	retired   []*watched
}

// newScene signs in an owner and others at a node that runs.
func newScene(t *testing.T, n *rig.Node, sessions int) *scene {
	t.Helper()
	s := &scene{all: t, t: t, people: rig.NewProduct(n.URL()), record: history.New(), stop: make(chan struct{}), ended: map[string]bool{}, tried: map[string]bool{}}
	t.Cleanup(s.leave)
	check(t, s.people.SignUp(t.Context()))
	s.owner = s.signIn()
	for range sessions {
		one := s.signIn()
		s.sessions, s.living = append(s.sessions, one), append(s.living, one)
	}
	return s
}

func (s *scene) signIn() *rig.Session {
	s.t.Helper()
	one, err := s.people.SignIn(s.t.Context())
	check(s.t, err)
	return one
}

// key makes a service key.
func key(t *testing.T, n *rig.Node) (id, secret string) {
	t.Helper()
	id, secret, err := n.ServiceKey("verifier")
	check(t, err)
	return id, secret
}

// watched is a verifier that is asked all the time.
type watched struct {
	*verify.Verifier
	name   string
	strict bool
	over   chan struct{} // closed when it is asked no more
}

// config is a verifier's that reaches the authority at an address.
func config(url, key, name string, mode verify.Mode) verify.Config {
	return verify.Config{Issuer: rig.PublicURL, Audience: rig.PublicURL, AuthorityURL: url, ServiceKey: key,
		Name: name, Mode: mode, MaxStaleness: bound, NoWait: true, Logger: slog.New(slog.DiscardHandler),
		HTTPClient: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// watch makes a verifier and has it asked from now on, until the scene is over.
func (s *scene) watch(cfg verify.Config, p *probe.Probe) *watched {
	s.t.Helper()
	v, err := verify.New(probe.With(s.t.Context(), p), cfg)
	check(s.t, err)
	w := &watched{Verifier: v, name: cfg.Name, strict: cfg.Mode == verify.Strict, over: make(chan struct{})}
	s.mu.Lock()
	s.verifiers = append(s.verifiers, w)
	s.mu.Unlock()
	// Two ask: one may wait for an authority that does not answer.
	for range 2 {
		s.watches.Go(func() {
			for {
				select {
				case <-s.stop:
					return
				case <-w.over:
					return
				case <-time.After(time.Duration(1+rand.IntN(3)) * time.Millisecond):
					s.question(w)
				}
			}
		})
	}
	return w
}

// retire lets nobody wait for a verifier any more.
func (s *scene) retire(w *watched) {
	close(w.over)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.verifiers = slices.DeleteFunc(s.verifiers, func(other *watched) bool { return other == w })
	s.retired = append(s.retired, w)
}

// pair is a strict verifier and a lenient one with the same way to the authority.
func (s *scene) pair(url, key, name string) (strict, lenient *watched) {
	s.t.Helper()
	strict = s.watch(config(url, key, name, verify.Strict), nil)
	lenient = s.watch(config(url, key, name+", lenient", verify.Lenient), nil)
	return strict, lenient
}

// question asks a verifier how it is and about somebody.
func (s *scene) question(w *watched) {
	s.mu.Lock()
	of := s.sessions[rand.IntN(len(s.sessions))]
	s.mu.Unlock()
	s.state(w)
	s.ask(w, of)
}

func (s *scene) state(w *watched) verify.Health {
	e := history.Event{Kind: history.Statement, Verifier: w.name, Began: s.record.Now()}
	h := w.Health()
	e.Ended, e.Staleness = s.record.Now(), h.Staleness
	if h.State == verify.Fresh || h.State == verify.Stale {
		s.record.Add(e)
	}
	return h
}

func (s *scene) ask(w *watched, of *rig.Session) history.Outcome {
	e := history.Event{Kind: history.Verdict, Verifier: w.name, Session: of.ID, Began: s.record.Now()}
	if w.strict {
		e.Bound = bound
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := w.Verify(ctx, of.Access)
	e.Ended = s.record.Now()
	switch {
	case err == nil:
		e.Outcome = history.Accepted
	case errors.Is(err, verify.ErrRevoked):
		e.Outcome = history.Revoked
	case errors.Is(err, verify.ErrUnavailable):
		e.Outcome = history.Unknown
	default:
		s.all.Errorf("%s says of a genuine token: %v", w.name, err)
		return ""
	}
	s.record.Add(e)
	return e.Outcome
}

// end ends one of the living sessions through a node, and reports whether that
// was acknowledged.
func (s *scene) end(through *rig.Product) (*rig.Session, bool) {
	s.t.Helper()
	s.mu.Lock()
	if len(s.living) < 2 {
		s.mu.Unlock()
		s.t.Fatal("too few sessions were begun for this test")
	}
	one := s.living[0]
	s.living = s.living[1:]
	s.tried[one.ID] = true
	s.mu.Unlock()
	e := history.Event{Kind: history.Ending, Session: one.ID, Began: s.record.Now()}
	err := through.End(s.t.Context(), s.owner, one.ID)
	e.Ended, e.Acknowledged = s.record.Now(), err == nil
	s.record.Add(e)
	if err == nil {
		s.mu.Lock()
		s.ended[one.ID] = true
		delete(s.tried, one.ID)
		s.mu.Unlock()
	}
	return one, err == nil
}

// mustEnd is end where that does not fail.
func (s *scene) mustEnd() *rig.Session {
	s.t.Helper()
	one, done := s.end(s.people)
	if !done {
		s.t.Fatal("the end of a session was not acknowledged, though nothing fails that it needs")
	}
	return one
}

// wait waits for what a verifier says of a session.
func (s *scene) wait(w *watched, of *rig.Session, want history.Outcome) {
	s.t.Helper()
	eventually(s.t, healing, string(want)+" by "+w.name, func() bool { return s.ask(w, of) == want })
}

func (s *scene) waitState(w *watched, want verify.State) {
	s.t.Helper()
	eventually(s.t, healing, w.name+" to be "+string(want), func() bool { return s.state(w).State == want })
}

// healed waits until every verifier is fresh, knows who has ended, and accepts
// everybody else.
func (s *scene) healed() {
	s.t.Helper()
	began := time.Now()
	for _, w := range s.verifiers {
		s.waitState(w, verify.Fresh)
	}
	s.mustEnd()
	for _, w := range s.verifiers {
		for _, of := range s.sessions {
			switch {
			case s.ended[of.ID]:
				s.wait(w, of, history.Revoked)
			case s.tried[of.ID]: // whatever became of that
			default:
				s.wait(w, of, history.Accepted)
			}
		}
		s.waitState(w, verify.Fresh)
	}
	s.t.Logf("healed after %s", time.Since(began).Round(time.Millisecond))
}

// through leads everybody through a fault, which is over when it returns, and
// judges what was seen.
func (s *scene) through(name string, fault func()) {
	s.t.Helper()
	outer := s.t
	outer.Run(name, func(t *testing.T) {
		s.t = t
		defer func() { s.t = outer }()
		defer s.judge() // whatever else is found
		s.healed()
		fault()
		s.healed()
	})
}

// judge judges all that was seen so far.
func (s *scene) judge() {
	s.t.Helper()
	events := s.record.Events()
	kinds := map[history.Outcome]int{}
	for _, e := range events {
		if e.Kind == history.Verdict {
			kinds[e.Outcome]++
		}
	}
	s.t.Logf("%d events: %v", len(events), kinds)
	if kinds[history.Accepted] == 0 || kinds[history.Revoked] == 0 {
		s.t.Error("a history in which nothing happens proves nothing")
	}
	for i, wrong := range history.Check(events) {
		if s.t.Error(wrong); i == 10 {
			break
		}
	}
}

// leave ends all verifiers.
func (s *scene) leave() {
	close(s.stop)
	s.watches.Wait()
	for _, w := range append(s.verifiers, s.retired...) {
		w.Close()
	}
	s.people.HTTP.CloseIdleConnections()
}
