package faults

import (
	"sync/atomic"
	"testing"
	"time"
)

// The connection to the server fails, at the moments at which that hurts most.
func TestConnections(t *testing.T) {
	slow(t)
	server := startPostgres(t)
	p, url := startProxy(t, server.URL("postgres"))
	l := newLoad(t, startNode(t, onPostgres(url)...))

	for name, what := range map[string]fate{
		"cut before the server hears of a commit": notSent,
		"cut before a commit is answered":         notHeard,
		"cut in the middle of a commit's answer":  halfHeard,
	} {
		l.through(t, name, func(t *testing.T) {
			var cuts atomic.Int32
			p.commits(func(n int) fate {
				if n%4 == 1 {
					cuts.Add(1)
					return what
				}
				return passes
			})
			eventually(t, slowest, "commits that were cut", func() bool { return cuts.Load() >= 12 })
			p.commits(nil)
		})
	}
	l.through(t, "all connections are cut again and again", func(t *testing.T) {
		for range 20 {
			p.cut()
			l.waitAcked(t, 3)
		}
	})
	// A commit that the server warns about counts as failed, and its repetition
	// as well while that fails too.
	l.through(t, "every commit comes with a warning", func(t *testing.T) {
		p.commits(func(int) fate { return warned })
		l.waitNothingAcknowledged(t)
		p.commits(nil)
	})
	// Nothing tells a node that a connection leads nowhere.
	l.through(t, "all connections are half open", func(t *testing.T) {
		from := l.history.clock.Load()
		p.swallow(true)
		ready, _ := l.send(l.nodes[0], "GET", "/readyz", "", nil)
		l.refusesSignIn(t)
		l.waitAnsweredAll(t, 2)
		if ready.status != 503 {
			t.Errorf("ready without a database: %v", ready)
		}
		p.swallow(false)
		for _, c := range append(l.history.all(), ready) {
			if c.began > from && c.took > patience {
				t.Errorf("a long wait: %v", c)
			}
		}
	})
}

// patience is how long a node with the settings of onPostgres may take to find
// out that its database does not answer: it waits twice for 6 seconds, and a busy
// machine is a little late.
const patience = 15 * time.Second

// answerWithin is how long any request may take, all its waiting together, and
// what a busy machine is late.
const answerWithin = 15*time.Second + 5*time.Second

// refusesSignIn holds that a sign-in, which needs the database for several things
// one after the other, is refused in time when nothing comes back from there.
func (l *load) refusesSignIn(t *testing.T) {
	t.Helper()
	c, _ := l.login(l.nodes[0])
	if c.status != 503 || c.retryAfter == "" || c.took > answerWithin {
		t.Errorf("a sign-in without a database: %v, Retry-After %q", c, c.retryAfter)
	}
}
