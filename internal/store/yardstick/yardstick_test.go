package yardstick_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/store"
	"github.com/curfew-auth/curfew/internal/store/yardstick"
	"github.com/curfew-auth/curfew/internal/token"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// onEachEngine runs a test on an empty SQLite file and an empty database of
// PostgreSQL's.
func onEachEngine(t *testing.T, test func(*testing.T, yardstick.Target)) {
	t.Run("SQLite", func(t *testing.T) { test(t, yardstick.Target{Path: filepath.Join(t.TempDir(), "test.db")}) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, yardstick.Target{URL: pgtest.Database(t)}) })
}

func open(t *testing.T, where yardstick.Target, chain *audit.Chain) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: where.Path, URL: where.URL, Chain: chain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// people are two accounts of one person each, with these sessions each.
type people struct {
	now       time.Time
	accounts  []curfew.Account
	users     []curfew.User
	refreshes []token.Refresh // of all sessions
	sessions  []curfew.Session
}

func newPeople(now time.Time, sessions int) *people {
	p := &people{now: now}
	for _, name := range []string{"Acme", "Umbrella"} {
		a := curfew.Account{ID: curfew.NewID(now), Name: name, CreatedAt: now}
		u := curfew.User{AccountID: a.ID, ID: curfew.NewID(now), Name: "Ada of " + name, Email: "Ada@" + name + ".example",
			Role: curfew.RoleOwner, CreatedAt: now, LastLoginAt: now}
		p.accounts, p.users = append(p.accounts, a), append(p.users, u)
		for range sessions {
			r := token.NewRefresh(a.ID, curfew.NewID(now))
			p.refreshes = append(p.refreshes, r)
			p.sessions = append(p.sessions, curfew.Session{AccountID: a.ID, ID: r.SessionID, UserID: u.ID, SecretHash: r.SecretHash(),
				Generation: 1, PolicyVersion: 1, StartedAt: now, AuthTime: now, LastActiveAt: now,
				IdleMinutes: 60, AbsoluteMinutes: 120, IdleExpiresAt: now.Add(time.Hour), AbsoluteExpiresAt: now.Add(2 * time.Hour),
				Device: curfew.Device{Browser: "Firefox 144", OS: "Linux", Kind: "desktop"}, IP: "192.0.2.7", AMR: []string{"pwd"}})
		}
	}
	return p
}

func (p *people) rows() yardstick.Rows {
	return yardstick.Rows{Accounts: slices.Values(p.accounts), Users: slices.Values(p.users), Sessions: slices.Values(p.sessions)}
}

// TestFill: what was filled in is what the store would have written itself.
func TestFill(t *testing.T) {
	onEachEngine(t, func(t *testing.T, where yardstick.Target) {
		secrets, err := token.NewSecrets([]byte(strings.Repeat("s", 32)))
		if err != nil {
			t.Fatal(err)
		}
		chain, err := audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
		if err != nil {
			t.Fatal(err)
		}
		if err := open(t, where, chain).Close(); err != nil {
			t.Fatal(err)
		}
		now := time.Now().UTC().Truncate(time.Microsecond)
		p := newPeople(now, 3)
		if err := yardstick.Fill(t.Context(), where, chain, p.rows()); err != nil {
			t.Fatal(err)
		}

		db := open(t, where, chain)
		for i, want := range p.sessions {
			st, err := db.Standing(t.Context(), want.AccountID, want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if st.Session.UserID != want.UserID || !st.Session.IdleExpiresAt.Equal(want.IdleExpiresAt) || st.Session.Device != want.Device ||
				!slices.Equal(st.Session.AMR, want.AMR) || st.User.Email != p.users[i/3].Email || st.Account.Name != p.accounts[i/3].Name {
				t.Errorf("session %d is kept as %+v", i, st)
			}
		}
		r := p.refreshes[4]
		rotated, err := db.Rotate(t.Context(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID, Generation: 1,
			SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16)})
		if err != nil || rotated.Standing.Session.Generation != 2 {
			t.Errorf("a refresh: %+v, %v", rotated.Standing.Session, err)
		}
		err = db.View(t.Context(), func(ctx context.Context, reader authority.Reader) error {
			users, people, sessions, err := reader.ActiveUsers(ctx, p.accounts[1].ID, now, 10)
			if err == nil && (len(users) != 1 || people != 1 || sessions != 3 || users[0].UserID != p.users[1].ID) {
				t.Errorf("active are %+v, %d people, %d sessions", users, people, sessions)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if mode := journalMode(t, where); mode != "wal" && !where.Postgres() {
			t.Errorf("the file was left in the mode %s", mode)
		}
	})
}

func journalMode(t *testing.T, where yardstick.Target) (mode string) {
	t.Helper()
	if where.Postgres() {
		return ""
	}
	db, err := sql.Open("sqlite", where.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil {
		t.Fatal(err)
	}
	return mode
}

func TestFillFails(t *testing.T) {
	onEachEngine(t, func(t *testing.T, where yardstick.Target) {
		err := yardstick.Fill(t.Context(), where, testChain(t), newPeople(time.Now(), 1).rows())
		if err == nil || !strings.Contains(err.Error(), "fill accounts: ") {
			t.Errorf("into a database without tables: %v", err)
		}
		chain := testChain(t)
		if err := open(t, where, chain).Close(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		rows := newPeople(time.Now(), 100).rows()
		all := rows.Sessions
		rows.Sessions = func(yield func(curfew.Session) bool) {
			cancel()
			all(yield)
		}
		if err := yardstick.Fill(ctx, where, chain, rows); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

func testChain(t *testing.T) *audit.Chain {
	t.Helper()
	chain, err := audit.NewChain(func(byte) (key [32]byte, ok bool) { return key, true }, 1)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

func TestUpdates(t *testing.T) {
	onEachEngine(t, func(t *testing.T, where yardstick.Target) {
		u, err := yardstick.OpenUpdates(t.Context(), where, 4)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := u.Close(); err != nil {
				t.Error(err)
			}
		}()
		for _, conns := range []int{1, 4} {
			if rate, err := u.Rate(t.Context(), conns, 50*time.Millisecond); err != nil || rate <= 0 {
				t.Errorf("%d connections: %f, %v", conns, rate, err)
			}
		}
		if _, err := u.Rate(t.Context(), 5, time.Millisecond); where.Postgres() && err == nil {
			t.Error("more connections than there are")
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := u.Rate(ended, 1, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

func TestMonitor(t *testing.T) {
	address := pgtest.Database(t)
	m, err := yardstick.OpenMonitor(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	before, err := m.Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := yardstick.OpenUpdates(t.Context(), yardstick.Target{URL: address}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Rate(t.Context(), 1, 20*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := u.Close(); err != nil { // a backend hands in what it counted when it ends
		t.Fatal(err)
	}
	var got yardstick.Counters
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		after, err := m.Counters(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got = after.Since(before); got.Commits > 3 && got.WALBytes > 1<<20 {
			break
		}
	}
	if got.Commits <= 3 || got.WALBytes <= 1<<20 {
		t.Errorf("counted %+v", got)
	}
	if text, err := m.Describe(t.Context()); err != nil || !strings.HasPrefix(text, "PostgreSQL 1") || !strings.Contains(text, "fsync off") {
		t.Errorf("described as %q, %v", text, err)
	}
	if m.BackendPID() <= 0 {
		t.Error("no process answers")
	}
}

func TestDatabases(t *testing.T) {
	address := pgtest.Database(t)
	made, err := yardstick.CreateDatabase(t.Context(), address, `odd "name"`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := yardstick.OpenMonitor(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	if err := yardstick.DropDatabase(t.Context(), address, `odd "name"`); err != nil {
		t.Error(err)
	}
	if _, err := m.Counters(t.Context()); err == nil {
		t.Error("the database is still there")
	}
	m.Close()
	for _, bad := range []string{"", "mysql://x/y", "::"} {
		if _, err := yardstick.InDatabase(bad, "x"); err == nil {
			t.Errorf("%q is taken for a URL", bad)
		}
	}
	if _, err := yardstick.OpenMonitor(t.Context(), "postgres://u:hidden@127.0.0.1:1/x?sslmode=disable"); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("the error: %v", err)
	}
}
