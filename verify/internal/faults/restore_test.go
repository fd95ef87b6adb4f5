package faults

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/history"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// A backup is put into an empty database while verifiers go on: they refuse every
// token that the lost installation made, also of sessions that the backup knows as
// running, and are fresh again for those who sign in anew.
func TestVerifiersThroughARestore(t *testing.T) {
	slow(t)
	t.Run("SQLite", func(t *testing.T) {
		n := startNode(t)
		throughARestore(t, n, func() { check(t, os.RemoveAll(n.Data())) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		postgres := startPostgres(t)
		url, err := postgres.Database()
		check(t, err)
		n := startNode(t, rig.OnPostgres(url)...)
		throughARestore(t, n, func() {
			url, err := postgres.Database()
			check(t, err)
			n.Use(rig.OnPostgres(url)...)
		})
	})
}

func throughARestore(t *testing.T, n *rig.Node, empty func()) {
	s := newScene(t, n, 8)
	_, secret := key(t, n)
	strict, lenient := s.pair(n.URL(), secret, "orders")
	s.healed()
	backup := filepath.Join(t.TempDir(), "backup.db")
	_, err := n.Run("backup", "--to="+backup)
	check(t, err)
	gone := s.mustEnd() // which the backup does not know
	s.wait(strict, gone, history.Revoked)
	s.wait(lenient, gone, history.Revoked)

	check(t, n.Terminate())
	empty()
	s.endAll(func() {
		_, err := n.Run("restore", "--from="+backup)
		check(t, err)
	})
	check(t, n.Start())
	s.owner = s.signIn()
	for range 4 {
		s.add(s.signIn())
	}
	for _, w := range []*watched{strict, lenient} {
		s.waitState(w, verify.Fresh)
	}
	s.healed() // everybody of before is refused, and everybody of now accepted
	newcomer := s.watch(config(n.URL(), secret, "newcomer", verify.Strict), nil)
	s.waitState(newcomer, verify.Fresh)
	s.healed()
	s.judge()
}

// endAll ends all who are signed in by something that nobody takes back.
func (s *scene) endAll(by func()) {
	s.t.Helper()
	e := history.Event{Kind: history.Ending, Began: s.record.Now()}
	by()
	e.Ended, e.Acknowledged = s.record.Now(), true
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.living {
		e.Session = one.ID
		s.record.Add(e)
		s.ended[one.ID] = true
	}
	s.living = nil
}

// add lets verifiers be asked about one more.
func (s *scene) add(one *rig.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions, s.living = append(s.sessions, one), append(s.living, one)
}
