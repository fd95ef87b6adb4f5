package faults

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/history"
	"github.com/curfew-auth/curfew/verify/internal/probe"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// A verifier is started while the authority is down: it refuses, says why, and
// recovers by itself.
func TestStartedWhileTheAuthorityIsDown(t *testing.T) {
	slow(t)
	n := startNode(t)
	s := newScene(t, n, 6)
	_, secret := key(t, n)
	gone := s.mustEnd()
	check(t, n.Terminate())

	cfg := config(n.URL(), secret, "hasty", verify.Strict)
	cfg.NoWait = false
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if v, err := verify.New(ctx, cfg); err == nil {
		v.Close()
		t.Error("a verifier started without an authority")
	} else if !strings.Contains(err.Error(), "cannot be reached") || !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), n.Addr) {
		t.Errorf("it does not say why it was not started: %v", err)
	}

	strict, lenient := s.pair(n.URL(), secret, "orders")
	for _, w := range []*watched{strict, lenient} {
		if got := s.ask(w, s.living[0]); got != history.Unknown {
			t.Errorf("%s, which knows nothing, says %s", w.name, got)
		}
		eventually(t, healing, "a reason", func() bool { return strings.Contains(w.Health().Trouble, "cannot be reached") })
		if h := w.Health(); h.State != verify.Starting {
			t.Errorf("%+v", h)
		}
	}
	check(t, n.Start())
	for _, w := range []*watched{strict, lenient} {
		check(t, w.Ready(t.Context()))
		s.wait(w, gone, history.Revoked)
	}
	s.healed()
	s.judge()
}

// A verifier's clock is an hour off, in either direction, and the feed is cut.
func TestClocks(t *testing.T) {
	slow(t)
	n := startNode(t)
	s := newScene(t, n, 12)
	_, secret := key(t, n)
	way := newNetwork(t, n.Addr)
	var off []*watched
	for name, by := range map[string]time.Duration{"behind": -time.Hour, "ahead": time.Hour} {
		start := time.Now()
		clocks := func() (time.Duration, int64) {
			now := time.Now()
			return now.Sub(start), now.Add(by).UnixNano()
		}
		for _, mode := range []verify.Mode{verify.Strict, verify.Lenient} {
			off = append(off, s.watch(config(way.URL(), secret, name+", "+string(mode), mode), &probe.Probe{Clocks: clocks}))
		}
	}
	s.through("cut off", func() {
		way.Set(rig.Refusing)
		s.mustEnd()
		for _, w := range off {
			s.waitState(w, verify.Stale)
		}
		s.mustEnd()
		way.Set(rig.Fine)
	})
}

// The authority's key is rotated while a verifier cannot reach it.
func TestKeysAreRotatedDuringAnOutage(t *testing.T) {
	slow(t)
	n := startNode(t)
	s := newScene(t, n, 10)
	_, secret := key(t, n)
	way := newNetwork(t, n.Addr)
	strict, lenient := s.pair(way.URL(), secret, "orders")
	s.through("rotated", func() {
		way.Set(rig.Refusing)
		s.waitState(strict, verify.Stale)
		_, err := n.Run("signing-keys", "rotate", "--now")
		check(t, err)
		var fresh *rig.Session
		// The node notices within a second, and signs with it.
		old := header(s.living[0].Access)
		eventually(t, healing, "a token of the new key", func() bool {
			fresh = s.signIn()
			return header(fresh.Access) != old
		})
		verdict := func(w *watched) error {
			_, err := w.Verify(t.Context(), fresh.Access)
			return err
		}
		for _, w := range []*watched{strict, lenient} {
			// A verifier that has fetched the keys a moment ago does not ask
			// again for everything that a stranger says. But then its answer is
			// that it cannot know, so that nobody is signed out.
			eventually(t, healing, "no verdict by "+w.name, func() bool { return errors.Is(verdict(w), verify.ErrUnavailable) })
		}
		s.mustEnd()
		way.Set(rig.Fine)
		for _, w := range []*watched{strict, lenient} {
			eventually(t, healing, w.name+" to know the key", func() bool { return verdict(w) == nil })
		}
	})
}

// header is the part of a token that names its key.
func header(token string) string {
	head, _, _ := strings.Cut(token, ".")
	return head
}

// A node that cannot reach its database must not vouch for anything, while
// another one goes on.
func TestANodeIsCutOffFromTheDatabase(t *testing.T) {
	slow(t)
	url, err := startPostgres(t).Database()
	check(t, err)
	host, at := rig.Address(url)
	way := newNetwork(t, host)
	one := startNode(t, rig.OnPostgres(url)...)
	two := startNode(t, rig.OnPostgres(at(way.Addr()))...)
	s := newScene(t, one, 12)
	_, secret := key(t, one)
	here, _ := s.pair(one.URL(), secret, "here")
	there, there2 := s.pair(two.URL(), secret, "there")
	for name, fault := range map[string]rig.Fault{"half open": rig.Swallowing, "cut off": rig.Refusing} {
		s.through(name, func() {
			way.Set(fault)
			gone := s.mustEnd()
			s.wait(here, gone, history.Revoked)
			s.waitState(there, verify.Stale)
			s.waitState(there2, verify.Stale)
			if status := s.head(two, secret); status != http.StatusServiceUnavailable {
				t.Errorf("a node without its database answers head with %d", status)
			}
			s.wait(there, gone, history.Unknown)
			s.mustEnd()
			way.Set(rig.Fine)
		})
	}
}

// head asks a node for the head.
func (s *scene) head(n *rig.Node, secret string) (status int) {
	s.t.Helper()
	err := s.people.At(n.URL()).Ask(s.t.Context(), http.MethodGet, "/api/v1/revocations/head", secret, nil, nil)
	var r *rig.Refusal
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &r):
		return r.Status
	}
	s.t.Error(err)
	return 0
}

// A service key is revoked while its stream is open: it ends within a second,
// others go on, and the verifier says what is wrong.
func TestAServiceKeyIsRevoked(t *testing.T) {
	slow(t)
	n := startNode(t)
	s := newScene(t, n, 12)
	_, kept := key(t, n)
	keeps, _ := s.pair(n.URL(), kept, "keeps")
	best := time.Hour
	for range 3 { // a busy machine may be late once
		id, secret := key(t, n)
		loses := s.watch(config(n.URL(), secret, "loses "+id, verify.Strict), nil)
		s.waitState(loses, verify.Fresh)
		eventually(t, healing, "a stream", func() bool { return loses.Health().Connected })
		_, err := n.Run("service-keys", "revoke", id)
		check(t, err)
		revoked := time.Now()
		eventually(t, healing, "the end of the stream", func() bool { return !loses.Health().Connected })
		best = min(best, time.Since(revoked))
		eventually(t, healing, "a reason", func() bool { return strings.Contains(loses.Health().Trouble, "refuses the service key (401)") })
		s.waitState(loses, verify.Stale)
		gone := s.mustEnd()
		s.wait(loses, gone, history.Revoked) // it asks about each
		s.wait(keeps, gone, history.Revoked)
		s.retire(loses)
		if best < time.Second {
			break
		}
	}
	if best >= time.Second {
		t.Errorf("the stream of a revoked key went on for %s", best)
	}
	s.t.Logf("the stream ended after %s", best.Round(time.Millisecond))
	s.healed()
	s.judge()
}
