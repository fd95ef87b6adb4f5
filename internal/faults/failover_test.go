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
	slow(t)
	primary := startPostgres(t)
	standby := startStandby(t, primary)
	l := newLoad(t, startNode(t, onPostgres(both(t, primary, standby))...))

	// Without its standby the primary commits, and what it committed would be
	// lost: nothing of it may be acknowledged, not even the second time that
	// somebody asks, when it is there to be read.
	l.through(t, "the standby is lost, and then the primary", func(t *testing.T) {
		check(t, standby.Stop())
		l.waitNothingAcknowledged(t)
		check(t, primary.Kill())
		check(t, standby.Restart(context.Background()))
		check(t, standby.Promote(context.Background()))
	})
	// The server that took over gets a standby, and dies under load.
	primary, standby = standby, l.nextPair(t, standby)
	l.through(t, "the primary is killed under load", func(t *testing.T) {
		check(t, primary.Kill())
		check(t, standby.Promote(context.Background()))
	})
	// The standby takes over, and whoever made it so did not end the primary:
	// a node that still talks to that acknowledges nothing.
	primary, standby = standby, l.nextPair(t, standby)
	p, url := startProxy(t, primary.URL("postgres"))
	l.nodes[0].moveTo(t, url)
	l.through(t, "two servers take writes", func(t *testing.T) {
		check(t, standby.Promote(context.Background()))
		l.waitNothingAcknowledged(t)
		check(t, primary.Kill())
		p.lead(t, standby.URL("postgres"))
	})
}

// nextPair gives a server a standby, and leads the node to both.
func (l *load) nextPair(t *testing.T, primary *pgserver.Server) (standby *pgserver.Server) {
	t.Helper()
	if t.Failed() {
		t.FailNow()
	}
	standby = startStandby(t, primary)
	l.nodes[0].moveTo(t, both(t, primary, standby))
	return standby
}

// moveTo starts the node anew over another URL.
func (n *node) moveTo(t *testing.T, url string) {
	t.Helper()
	n.terminate(t)
	n.args = onPostgres(url)
	n.start(t)
}

// waitNothingAcknowledged waits until every client was refused twice, and holds
// that nothing that began meanwhile was acknowledged.
func (l *load) waitNothingAcknowledged(t *testing.T) {
	t.Helper()
	l.waitNothingUnderWay(t)
	from := l.history.clock.Load()
	l.waitAnsweredAll(t, 2)
	until := l.history.clock.Load()
	for _, c := range l.history.all() {
		if c.began > from && c.ended < until && (c.status == 200 || c.status == 204) {
			t.Errorf("acknowledged: %v", c)
		}
	}
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

// waitAnsweredAll waits until every client's refresh was answered so many times from
// now on, in whatever way.
func (l *load) waitAnsweredAll(t *testing.T, times int) {
	t.Helper()
	now := l.history.clock.Load()
	eventually(t, 2*slowest, "answers", func() bool {
		refused := map[string]int{}
		for _, c := range l.history.all() {
			if c.what == refresh && c.status != 0 && c.began > now {
				refused[c.session]++
			}
		}
		for _, c := range l.all {
			if c != l.owner && !c.ended.Load() && refused[c.session] < times {
				return false
			}
		}
		return true
	})
}
