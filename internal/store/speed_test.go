package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/token"
)

// seed makes an account with one user and n sessions.
func seed(b testing.TB, db *DB, n int) []token.Refresh {
	b.Helper()
	return seedAccount(b, db, n, "ada@acme.example")
}

func seedAccount(b testing.TB, db *DB, n int, email string) []token.Refresh {
	b.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	account := curfew.Account{ID: curfew.NewID(now), Name: "Acme", CreatedAt: now}
	user := curfew.User{AccountID: account.ID, ID: curfew.NewID(now), Name: "Ada", Email: email, Role: curfew.RoleOwner, CreatedAt: now}
	refreshes := make([]token.Refresh, n)
	err := db.InTx(context.Background(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
		if err := tx.InsertAccount(ctx, account); err != nil {
			return err
		}
		if _, err := tx.InsertUser(ctx, user, email); err != nil {
			return err
		}
		for i := range refreshes {
			refreshes[i] = token.NewRefresh(account.ID, curfew.NewID(now))
			absolute := now.Add(30 * 24 * time.Hour)
			if _, err := tx.InsertSession(ctx, curfew.Session{AccountID: account.ID, ID: refreshes[i].SessionID, UserID: user.ID,
				SecretHash: refreshes[i].SecretHash(), Generation: 1, PolicyVersion: 1, StartedAt: now, AuthTime: now, LastActiveAt: now,
				IdleMinutes: 10080, AbsoluteMinutes: 43200, IdleExpiresAt: now.Add(7 * 24 * time.Hour), AbsoluteExpiresAt: absolute,
				IP: "192.0.2.7", AMR: []string{"pwd"}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return refreshes
}

// durable is a PostgreSQL server that waits for the disk, as in production: for
// all benchmarks of a run of this binary, which TestMain ends.
var durable struct {
	server    *pgserver.Server
	databases int
}

// durableDatabase is the URL of a new database there.
func durableDatabase(b *testing.B) string {
	b.Helper()
	if durable.server == nil {
		server, err := pgserver.Start(context.Background(), pgserver.Options{Sync: true, Settings: map[string]string{"shared_buffers": "256MB"}})
		if err != nil {
			b.Fatal(err)
		}
		durable.server = server
	}
	durable.databases++
	name := fmt.Sprintf("bench_%d", durable.databases)
	pgtest.Exec(b, durable.server.URL("postgres"), "CREATE DATABASE "+name)
	return durable.server.URL(name)
}

// onEachEngine runs a benchmark on a store with sessions in it, on each engine.
func onEachEngine(b *testing.B, run func(*testing.B, *DB, []token.Refresh)) {
	chain, err := audit.NewChain(func(byte) (key [32]byte, ok bool) { return key, true }, 1)
	if err != nil {
		b.Fatal(err)
	}
	open := func(b *testing.B, o Options) {
		o.Chain = chain
		db, err := Open(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
		if err := db.Migrate(context.Background()); err != nil {
			b.Fatal(err)
		}
		run(b, db, seed(b, db, 128))
	}
	b.Run("engine=sqlite", func(b *testing.B) { open(b, Options{Path: b.TempDir() + "/curfew.db"}) })
	b.Run("engine=postgres", func(b *testing.B) { open(b, Options{URL: durableDatabase(b), MaxConns: 16}) })
}

// inParallel has 64 callers, each with a session of its own where there are as
// many.
func inParallel(b *testing.B, refreshes []token.Refresh, call func(token.Refresh) (token.Refresh, error)) {
	var next atomic.Int32
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		r := refreshes[int(next.Add(1)-1)%len(refreshes)]
		for pb.Next() {
			var err error
			if r, err = call(r); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkRotate is the store's part of a refresh: each caller walks the chain
// of a session of its own, with durable commits.
func BenchmarkRotate(b *testing.B) {
	onEachEngine(b, func(b *testing.B, db *DB, refreshes []token.Refresh) {
		inParallel(b, refreshes, func(r token.Refresh) (token.Refresh, error) {
			now := time.Now()
			_, err := db.Rotate(context.Background(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID,
				Generation: r.Generation, SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16)})
			return r.Successor(), err
		})
	})
}

// BenchmarkStanding is the store's part of a session check.
func BenchmarkStanding(b *testing.B) {
	onEachEngine(b, func(b *testing.B, db *DB, refreshes []token.Refresh) {
		inParallel(b, refreshes, func(r token.Refresh) (token.Refresh, error) {
			_, err := db.Standing(context.Background(), r.AccountID, r.SessionID)
			return r, err
		})
	})
}
