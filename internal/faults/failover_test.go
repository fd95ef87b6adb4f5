package faults

import (
	"context"
	"net/url"
	"testing"

	"github.com/curfew-auth/curfew/internal/pgserver"
)

// both is a URL that leads to whichever of two servers takes writes.
func both(t *testing.T, one, other *pgserver.Server) string {
	t.Helper()
	first, err := url.Parse(one.URL("postgres"))
	check(t, err)
	second, err := url.Parse(other.URL("postgres"))
	check(t, err)
	first.Host += "," + second.Host
	return first.String()
}

// A primary and a standby that every commit waits for.
func TestFailover(t *testing.T) {
	primary := startPostgres(t)
	standby := startStandby(t, primary)
	l := newLoad(t, startNode(t, onPostgres(both(t, primary, standby))...))

	// Without its standby the primary commits, and what it committed would be
	// lost: nothing of it may be acknowledged, not even the second time that
	// somebody asks, when it is there to be read.
	l.through(t, "the standby is lost, and then the primary", func(t *testing.T) {
		check(t, standby.Stop())
		l.waitNothingUnderWay(t)
		acked := l.history.clock.Load()
		l.waitRefusedTwice(t)
		for _, c := range l.history.all() {
			if c.began > acked && (c.status == 200 || c.status == 204) {
				t.Errorf("acknowledged without the standby: %v", c)
			}
		}
		check(t, primary.Kill())
		check(t, standby.Restart(context.Background()))
		check(t, standby.Promote(context.Background()))
	})
}

func startStandby(t *testing.T, primary *pgserver.Server) *pgserver.Server {
	t.Helper()
	s, err := primary.Standby(t.Context())
	check(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// waitNothingUnderWay waits until what was under way when it is called has
// ended, in case it was committed before.
func (l *load) waitNothingUnderWay(t *testing.T) {
	t.Helper()
	now := l.history.clock.Load()
	for _, c := range l.all {
		if c == l.owner {
			continue
		}
		eventually(t, slowest, "an answer", func() bool {
			if c.ended.Load() {
				return true
			}
			for _, asked := range l.history.all() {
				if asked.session == c.session && asked.what == refresh && asked.ended > now {
					return true
				}
			}
			return false
		})
	}
}

// waitRefusedTwice waits until every client was refused a few times from now
// on.
func (l *load) waitRefusedTwice(t *testing.T) {
	t.Helper()
	now := l.history.clock.Load()
	eventually(t, 2*slowest, "refusals", func() bool {
		refused := map[string]int{}
		for _, c := range l.history.all() {
			if c.what == refresh && c.status != 0 && c.began > now {
				refused[c.session]++
			}
		}
		for _, c := range l.all {
			if c != l.owner && !c.ended.Load() && refused[c.session] < 2 {
				return false
			}
		}
		return true
	})
}
