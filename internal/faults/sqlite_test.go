package faults

import (
	"database/sql"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// database is where a node on SQLite keeps its data.
func (n *node) database() string { return filepath.Join(n.dir, "curfew-data", "curfew.db") }

// A node over a file is killed, stands still, and is kept from writing.
func TestSQLite(t *testing.T) {
	slow(t)
	n := startNode(t)
	l := newLoad(t, n)
	l.through(t, "killed as sessions are ended, and started", func(t *testing.T) {
		for range victims {
			select {
			case <-l.ending:
			case <-time.After(time.Second): // all were ended before
			}
			n.kill()
			n.start(t)
		}
	})
	// What a disk that answers late does to requests: they wait. It is not a
	// disk that answers late: nothing else of the node works meanwhile.
	l.through(t, "it stands still", func(t *testing.T) {
		n.signal(t, syscall.SIGSTOP)
		time.Sleep(time.Second)
		n.signal(t, syscall.SIGCONT)
	})
	// Nobody else can write: as when a disk takes no writes for a while, but
	// for the 5 seconds after which SQLite gives up.
	l.through(t, "another process holds the lock on writing", func(t *testing.T) {
		other, err := sql.Open("sqlite", "file:"+n.database()+"?_txlock=immediate&_pragma=busy_timeout(20000)")
		check(t, err)
		defer other.Close()
		tx, err := other.Begin()
		check(t, err)
		from := l.history.clock.Load()
		l.refusesSignIn(t)
		l.waitAnsweredAll(t, 1)
		if c, _ := l.send(n, "GET", "/api/v1/users/me", l.bearer, nil); c.status != 200 {
			t.Errorf("reading while nobody writes: %v", c)
		}
		for _, c := range l.history.all() {
			if c.began > from && (c.status == 200 || c.status == 204) {
				t.Errorf("acknowledged while nobody can write: %v", c)
			}
			if c.took > answerWithin {
				t.Errorf("a long wait: %v", c)
			}
		}
		check(t, tx.Rollback())
	})
}

// pass waits until some client was answered in one way or another.
func (l *load) pass(t *testing.T) {
	t.Helper()
	now := l.history.clock.Load()
	eventually(t, slowest, "an answer", func() bool { return l.history.clock.Load() > now })
}
