package faults

import (
	"context"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/pgserver"
)

// startPostgres is a server as in production: it waits for the disk.
func startPostgres(t *testing.T) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), pgserver.Options{Sync: true})
	check(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// The server fails in every way a server fails.
func TestPostgres(t *testing.T) {
	slow(t)
	server := startPostgres(t)
	l := newLoad(t, startNode(t, onPostgres(server.URL("postgres"))...))
	l.through(t, "stopped and started", func(t *testing.T) {
		check(t, server.Stop())
		l.waitRefused(t)
		check(t, server.Restart(context.Background()))
	})
	l.through(t, "killed and started", func(t *testing.T) {
		check(t, server.Kill())
		l.waitRefused(t)
		check(t, server.Restart(context.Background()))
	})
	l.through(t, "it stands still for less than a node is patient", func(t *testing.T) {
		check(t, server.Pause())
		time.Sleep(700 * time.Millisecond)
		check(t, server.Resume())
	})
	l.through(t, "it stands still for longer", func(t *testing.T) {
		check(t, server.Pause())
		l.waitRefused(t)
		check(t, server.Resume())
	})
}

// waitRefused waits until a refresh is refused for want of a database.
func (l *load) waitRefused(t *testing.T) {
	t.Helper()
	begun := l.history.clock.Load()
	eventually(t, slowest, "a refusal", func() bool {
		for _, c := range l.history.all() {
			if c.began > begun && c.what == refresh && c.status == 503 {
				return true
			}
		}
		return false
	})
}
