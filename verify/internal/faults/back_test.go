package faults

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/curfew-auth/curfew/verify"
	"github.com/curfew-auth/curfew/verify/internal/history"
	"github.com/curfew-auth/curfew/verify/internal/rig"
)

// The database of one node is put back from a copy while the node is stopped:
// nobody is left who remembers what was lost but the clients, and the verifiers.
func TestTheFileIsPutBack(t *testing.T) {
	slow(t)
	n := startNode(t)
	s := newScene(t, n, 8)
	_, secret := key(t, n)
	strict, lenient := s.pair(n.URL(), secret, "orders")
	s.healed()
	check(t, n.Terminate())
	copied := t.TempDir()
	check(t, os.CopyFS(copied+"/data", os.DirFS(n.Data())))
	check(t, n.Start())

	gone := s.mustEnd()
	for _, w := range []*watched{strict, lenient} {
		s.wait(w, gone, history.Revoked)
	}
	var clients []rig.Session // copies: what verifiers are asked about stays
	for _, one := range s.living[:3] {
		c := *one
		check(t, s.people.Renew(t.Context(), &c))
		clients = append(clients, c)
	}
	check(t, n.Terminate())
	check(t, os.RemoveAll(n.Data()))
	check(t, os.CopyFS(n.Data(), os.DirFS(copied+"/data")))
	check(t, n.Start())

	// Verifiers that went on remember, whatever the authority says now.
	for _, w := range []*watched{strict, lenient} {
		s.waitState(w, verify.Fresh)
		if got := s.ask(w, gone); got != history.Revoked {
			t.Errorf("%s says %s of a session whose end it knew", w.name, got)
		}
	}
	// Clients whose tokens are ahead of the store are refused, and from the
	// second on nothing is vouched for.
	for _, c := range clients {
		var r *rig.Refusal
		if err := s.people.Renew(t.Context(), &c); !errors.As(err, &r) || r.Status != http.StatusUnauthorized {
			t.Errorf("a token ahead of the store: %v", err)
		}
	}
	if status := s.head(n, secret); status != http.StatusServiceUnavailable {
		t.Errorf("a node over a database that went back answers head with %d", status)
	}
	if !strings.Contains(n.Log(), "ahead of the database") {
		t.Error("no alarm")
	}
	s.waitState(strict, verify.Stale)
	s.waitState(lenient, verify.Stale)
	s.judge()
}

// The database beneath two nodes that go on is put back from a copy: they notice,
// and write what they remember again before they vouch for anything.
func TestTheServerIsPutBack(t *testing.T) {
	slow(t)
	postgres := startPostgres(t)
	url, err := postgres.Database()
	check(t, err)
	one := startNode(t, rig.OnPostgres(url)...)
	two := startNode(t, rig.OnPostgres(url)...)
	s := newScene(t, one, 16)
	_, secret := key(t, one)
	here, _ := s.pair(one.URL(), secret, "here")
	there, _ := s.pair(two.URL(), secret, "there")
	s.healed()
	check(t, postgres.Stop())
	check(t, postgres.Copy())
	check(t, postgres.Start())
	s.healed()

	var gone []*rig.Session
	nodes := []*rig.Node{one, two}
	for i := range 6 {
		one, done := s.end(s.people.At(nodes[i%2].URL()))
		if !done {
			t.Fatal("not acknowledged")
		}
		s.wait(here, one, history.Revoked)
		s.wait(there, one, history.Revoked)
		gone = append(gone, one)
	}
	check(t, postgres.Stop())
	check(t, postgres.PutBack())
	check(t, postgres.Start())

	s.healed()
	for _, n := range nodes {
		eventually(t, healing, "an alarm", func() bool { return strings.Contains(n.Log(), "the database went back in time") })
		eventually(t, healing, "what was lost to be written again", func() bool { return strings.Contains(n.Log(), "are written again") })
	}
	// The store itself knows them again, and so does whoever comes new.
	newcomer := s.watch(config(two.URL(), secret, "newcomer", verify.Strict), nil)
	s.waitState(newcomer, verify.Fresh)
	for _, g := range gone {
		s.wait(newcomer, g, history.Revoked)
		var r *rig.Refusal
		if err := s.people.Renew(t.Context(), g); !errors.As(err, &r) || r.Status != http.StatusUnauthorized || r.Type != "/problems/session-revoked" {
			t.Errorf("a session whose end was acknowledged goes on: %v", err)
		}
	}
	s.healed()
	s.judge()
}
