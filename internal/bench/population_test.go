package bench

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

func testPopulation(t *testing.T, now time.Time, accounts, people, each int) (*population, *token.Secrets) {
	t.Helper()
	secrets, err := token.NewSecrets([]byte(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPopulation(secrets, now, accounts, people, each)
	if err != nil {
		t.Fatal(err)
	}
	return p, secrets
}

// TestPopulationIsInUse: one session in ten is in use and half were within a day.
func TestPopulationIsInUse(t *testing.T) {
	now := time.Now()
	p, _ := testPopulation(t, now, 1, 100, 100)
	var use, day int
	for s := range p.rows().Sessions {
		if s.LastActiveAt.After(now.Add(-6 * time.Minute)) {
			use++
		}
		if s.LastActiveAt.After(now.Add(-24 * time.Hour)) {
			day++
		}
		if s.LastActiveAt.After(now) || s.LastActiveAt.Before(s.StartedAt) || s.IdleExpiresAt.Before(now.Add(time.Hour)) || s.IdleExpiresAt.After(s.AbsoluteExpiresAt) {
			t.Fatalf("%+v", s)
		}
	}
	if use < 900 || use > 1200 || day < 4700 || day > 5300 {
		t.Errorf("%d of 10,000 sessions are in use, and %d were within a day", use, day)
	}
}

// TestPopulation: the token that a client presents is that of the row in the
// store, for each session, and no id is there twice.
func TestPopulation(t *testing.T) {
	now := time.Now()
	p, secrets := testPopulation(t, now, 3, 4, 5)
	codec := token.NewRefreshCodec(secrets)
	rows := p.rows()
	accounts, users, sessions := slices.Collect(rows.Accounts), slices.Collect(rows.Users), slices.Collect(rows.Sessions)
	if len(accounts) != 3 || len(users) != 12 || len(sessions) != 60 || p.size() != 60 {
		t.Fatalf("%d accounts, %d people, %d sessions", len(accounts), len(users), len(sessions))
	}
	seen := map[curfew.ID]bool{}
	for i, a := range accounts {
		if seen[a.ID] = true; a.ID != p.account(i) {
			t.Errorf("account %d is %s", i, a.ID)
		}
		if i > 0 && bytes.Compare(accounts[i-1].ID[:], a.ID[:]) >= 0 {
			t.Error("accounts are not in the order of their ids")
		}
	}
	emails := map[string]bool{}
	for i, u := range users {
		seen[u.ID], emails[u.Email] = true, true
		if owner := i%4 == 0; u.AccountID != accounts[i/4].ID || (u.Role == curfew.RoleOwner) != owner {
			t.Errorf("person %d: %+v", i, u)
		}
	}
	for i, s := range sessions {
		seen[s.ID] = true
		client := p.numbered(i)
		r, err := codec.Decode(string(client.refreshToken))
		if err != nil {
			t.Fatal(err)
		}
		if r.AccountID != s.AccountID || r.SessionID != s.ID || r.SecretHash() != s.SecretHash || r.Generation != s.Generation ||
			string(client.id) != s.ID.String() || client.generation != 1 || !client.live {
			t.Errorf("session %d: %+v, and its token %+v", i, s, r)
		}
		if s.AccountID != accounts[i/20].ID || s.UserID != users[i/5].ID {
			t.Errorf("session %d is of another person", i)
		}
		if s.StartedAt.After(now) || s.LastActiveAt.Before(s.StartedAt) || s.LastActiveAt.After(now) || !s.IdleExpiresAt.After(now) ||
			s.IdleExpiresAt.After(s.AbsoluteExpiresAt) {
			t.Errorf("session %d: %+v", i, s)
		}
	}
	if len(seen) != 3+12+60 || len(emails) != 12 {
		t.Errorf("%d ids, %d addresses", len(seen), len(emails))
	}
	// A UUID of version 7 and variant 10, as others read it.
	if id := sessions[7].ID.String(); id[14] != '7' || id[19] != '8' {
		t.Errorf("an id like %s", id)
	}

	other, _ := testPopulation(t, now, 3, 4, 5)
	if other.account(0) == p.account(0) || other.refresh(0, 0, 0).Secret == p.refresh(0, 0, 0).Secret {
		t.Error("two populations are the same")
	}
}

// TestSpread: every session belongs to one worker, who goes on with what it got.
func TestSpread(t *testing.T) {
	p, _ := testPopulation(t, time.Now(), 5, sizePeople, sizeEach)
	r := &runner{cfg: Config{Clients: 3}}
	owners, generations := map[string]int{}, map[string]int64{}
	for number, w := range r.spread(p) {
		for range 3000 {
			s := w.draw()
			if owner, ok := owners[string(s.id)]; ok && owner != number {
				t.Fatalf("session %s has two clients", s.id)
			}
			owners[string(s.id)] = number
			if seen := generations[string(s.id)]; s.generation != 1+seen {
				t.Fatalf("a session of generation %d was drawn %d times before", s.generation, seen)
			}
			s.generation++
			generations[string(s.id)]++
		}
	}
	if n := len(owners); n < 990 || n > 999 {
		t.Errorf("%d of 1000 sessions were drawn", n)
	}
}

func TestOfSize(t *testing.T) {
	_, secrets := testPopulation(t, time.Now(), 1, 1, 1)
	r := &runner{own: &own{secrets: secrets}}
	for n, want := range map[int]int{1: 200, 200: 200, 201: 400, 50_000: 50_000, 5_000_000: 5_000_000} {
		p, err := r.ofSize(n)
		if err != nil || p.size() != want {
			t.Errorf("of %d: %s, %v", n, fmt.Sprint(p.size()), err)
		}
	}
}
