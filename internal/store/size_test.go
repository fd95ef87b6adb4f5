package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver"
	"github.com/curfew-auth/curfew/internal/token"
)

// The bytes that docs/capacity.md names are measured here. By itself the test
// takes few rows and holds to rough bounds what does not hang on how busy the
// machine is; with CURFEW_TEST_BYTES it takes as many sessions as that says, for
// the figures, and judges them all:
//
//	CURFEW_TEST_BYTES=100000 go test ./internal/store -run TestBytes -v -timeout 30m
//
// sizes is a store to be weighed.
type sizes struct {
	*testing.T
	db        *DB
	sessions  int
	figures   bool // are wanted: CURFEW_TEST_BYTES is set
	users     []curfew.User
	refreshes []token.Refresh
}

const peopleEach, sessionsEach = 10, 10

func sizesOf(t *testing.T, o Options, sessions int) *sizes {
	text := os.Getenv("CURFEW_TEST_BYTES")
	if text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		sessions = n
	}
	o.Chain = testChain(t)
	return &sizes{T: t, db: openAt(t, o), sessions: sessions, figures: text != ""}
}

// in runs fn n times, several times to a transaction.
func (s *sizes) in(n int, fn func(ctx context.Context, tx authority.Tx, i int) error) {
	s.Helper()
	for begin := 0; begin < n; begin += 500 {
		err := s.db.InTx(s.Context(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
			for i := begin; i < min(begin+500, n); i++ {
				if err := fn(ctx, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.Fatal(err)
		}
	}
}

// settle makes accounts of ten people.
func (s *sizes) settle(now time.Time) {
	accounts := max(1, s.sessions/peopleEach/sessionsEach)
	s.in(accounts*peopleEach, func(ctx context.Context, tx authority.Tx, i int) error {
		if i < accounts {
			return tx.InsertAccount(ctx, curfew.Account{ID: curfew.NewID(now), Name: fmt.Sprintf("Account %d", i), CreatedAt: now})
		}
		return nil
	})
	all, err := accountsOf(s.Context(), s.db)
	if err != nil {
		s.Fatal(err)
	}
	s.in(len(all)*peopleEach, func(ctx context.Context, tx authority.Tx, i int) error {
		u := curfew.User{AccountID: all[i%len(all)].ID, ID: curfew.NewID(now), Name: fmt.Sprintf("Ada Lovelace %d", i), Role: curfew.RoleMember,
			Email: fmt.Sprintf("ada.lovelace.%d@acme.example", i), CreatedAt: now,
			PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"}
		s.users = append(s.users, u)
		_, err := tx.InsertUser(ctx, u, u.Email)
		return err
	})
}

func accountsOf(ctx context.Context, db *DB) (all []curfew.Account, err error) {
	err = db.View(ctx, func(ctx context.Context, r authority.Reader) error {
		all, err = r.Accounts(ctx)
		return err
	})
	return all, err
}

// signIn starts the sessions, each of the next person, as time goes by.
func (s *sizes) signIn(now time.Time) {
	s.refreshes = make([]token.Refresh, s.sessions)
	s.in(s.sessions, func(ctx context.Context, tx authority.Tx, i int) error {
		at, u := now.Add(time.Duration(i)*time.Millisecond), s.users[i%len(s.users)]
		r := token.NewRefresh(u.AccountID, curfew.NewID(at))
		s.refreshes[i] = r
		_, err := tx.InsertSession(ctx, curfew.Session{AccountID: r.AccountID, ID: r.SessionID, UserID: u.ID,
			SecretHash: r.SecretHash(), Generation: 1, PolicyVersion: 1, StartedAt: at, AuthTime: at, LastActiveAt: at,
			IdleMinutes: 10080, AbsoluteMinutes: 20160, IdleExpiresAt: at.Add(7 * 24 * time.Hour), AbsoluteExpiresAt: at.Add(14 * 24 * time.Hour),
			Device: curfew.Device{Browser: "Firefox 144", OS: "Windows", Kind: "desktop"}, IP: "203.0.113.57", AMR: []string{"pwd"}})
		return err
	})
}

// refresh rotates every session once, in an order of its own.
func (s *sizes) refresh(now time.Time) {
	s.Helper()
	order := make(chan int)
	var wg sync.WaitGroup
	var failed atomic.Bool
	for range 128 {
		wg.Go(func() {
			for i := range order {
				if err := s.rotate(i, now); err != nil && failed.CompareAndSwap(false, true) {
					s.Errorf("refresh: %v", err)
				}
			}
		})
	}
	for _, i := range rand.Perm(len(s.refreshes)) {
		order <- i
	}
	close(order)
	wg.Wait()
	if s.Failed() {
		s.FailNow()
	}
}

// rotate rotates one session, again if it waited too long for a busy disk: then
// nothing was done.
func (s *sizes) rotate(i int, now time.Time) (err error) {
	r := s.refreshes[i]
	for range 20 {
		_, err = s.db.Rotate(context.Background(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID, Generation: r.Generation,
			SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16), Attempt: make([]byte, 32)})
		if !errors.Is(err, errLate) {
			break
		}
	}
	s.refreshes[i] = r.Successor()
	return err
}

// log writes an event of a sign-in for each tenth session.
func (s *sizes) log(now time.Time) (events int) {
	events = s.sessions / 10
	s.in(events, func(ctx context.Context, tx authority.Tx, i int) error {
		u := s.users[i%len(s.users)]
		return tx.Audit(ctx, audit.Event{AccountID: u.AccountID, ID: curfew.NewID(now), OccurredAt: now, Action: "session.created",
			Actor: &audit.Actor{Type: curfew.ActorUser, ID: u.ID, Name: u.Name, Email: u.Email}, ResourceType: "session", ResourceID: curfew.NewID(now),
			RequestID: "req_0123456789abcdef", IP: "203.0.113.57", Details: json.RawMessage(`{"device":"Firefox 144 on Windows"}`),
			UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"})
	})
	return events
}

// weigh says what was measured and holds it to bounds.
func (s *sizes) weigh(what string, figure, least, most float64) {
	s.Helper()
	s.Logf("%-52s %8.1f", what, figure)
	if figure < least || figure > most {
		s.Errorf("%s: %.1f, want %.1f to %.1f", what, figure, least, most)
	}
}

func TestBytesOnSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "curfew.db")
	s := sizesOf(t, Options{Path: path}, 3000)
	size := func() float64 {
		s.db.checkpoints.stop()
		s.db.checkpoints.done.Wait()
		if _, err := s.db.write.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return float64(info.Size())
	}
	now := time.Now()
	s.settle(now)
	empty := size()
	s.signIn(now)
	began := size()
	s.refresh(now.Add(time.Hour))
	refreshed := size()
	s.refresh(now.Add(2 * time.Hour))
	again := size()
	events := float64(s.log(now))
	n := float64(s.sessions)
	s.weigh("bytes of a session", (began-empty)/n, 200, 600)
	s.weigh("bytes of a session that was refreshed", (refreshed-empty)/n, 250, 800)
	s.weigh("bytes of a session that was refreshed again", (again-empty)/n, 250, 800)
	s.weigh("bytes of an audit event", (size()-again)/events, 200, 1000)
}

// TestBytesOnPostgres also tells how many refreshes stay in the page of their row,
// which hangs on how long others take to end: TestRefreshStaysInItsPage, where
// there are none, holds the table to that in every run.
func TestBytesOnPostgres(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{
		"full_page_writes": "on", "shared_buffers": "512MB", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "autovacuum_naptime": "5s"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s := sizesOf(t, Options{URL: server.URL("postgres")}, 3000)
	conn := connectTo(t, server.URL("postgres"))
	now := time.Now()
	s.settle(now)
	s.weigh("bytes of a user, with the name to sign in by",
		ask(t, conn, `SELECT pg_total_relation_size('users') + pg_total_relation_size('login_names')`)/float64(len(s.users)), 300, 1500)
	s.signIn(now)
	n := float64(s.sessions)
	events := float64(s.log(now))
	s.weigh("bytes of an audit event", ask(t, conn, `SELECT pg_total_relation_size('audit_events')`)/events, 200, 1000)
	session := func(when string) {
		t.Helper()
		s.weigh("bytes of a session, with all indexes, "+when, ask(t, conn, `SELECT pg_total_relation_size('sessions')`)/n, 250, 900)
		t.Logf("  of these the row %.0f, the key %.0f, sessions_by_user %.0f, sessions_by_activity %.0f", ask(t, conn, `SELECT pg_table_size('sessions')`)/n,
			ask(t, conn, `SELECT pg_relation_size('sessions_pkey')`)/n, ask(t, conn, `SELECT pg_relation_size('sessions_by_user')`)/n,
			ask(t, conn, `SELECT pg_relation_size('sessions_by_activity')`)/n)
	}
	session("just begun")
	passes := []string{"the first time after a checkpoint", "the second time"}
	if s.figures {
		passes = append(passes, "", "", "", "", "", "", "", "the tenth time")
	}
	for i, pass := range passes {
		before, changed := wal(t, conn), ask(t, conn, tuples)
		if i == 0 {
			if _, err := conn.Exec(t.Context(), "CHECKPOINT"); err != nil {
				t.Fatal(err)
			}
		}
		s.refresh(now.Add(time.Duration(i+1) * 5 * time.Minute)) // as often as an access token ends
		s.db.dropIdle()                                          // a connection that ends hands its counters in
		settled(t, conn, changed+n)
		if pass != "" {
			s.weigh("bytes of WAL of a refresh, "+pass, (wal(t, conn)-before)/n, 100, 4000)
		}
	}
	if !s.figures {
		return
	}
	session("refreshed ten times")
	s.weigh("per cent of refreshes that stay in the page of their row",
		100*ask(t, conn, `SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'`)/ask(t, conn, tuples), 90, 100)
}

const tuples = `SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'sessions'`

// wal is how many bytes the server has written to its log: by position, which is
// exact at any moment, as its counters are not.
func wal(t *testing.T, conn *pgx.Conn) float64 {
	t.Helper()
	return ask(t, conn, `SELECT pg_current_wal_insert_lsn() - '0/0'`)
}

// settled waits until the server has counted so many updates.
func settled(t *testing.T, conn *pgx.Conn, updates float64) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ask(t, conn, tuples) < updates; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("PostgreSQL counts %.0f updates, want %.0f", ask(t, conn, tuples), updates)
		}
	}
}

func ask(t *testing.T, conn *pgx.Conn, query string) (n float64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT CAST(("+query+") AS float8)").Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
