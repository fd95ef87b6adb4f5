package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// seed makes an account with one user and n sessions.
func seed(b testing.TB, db *DB, n int) []token.Refresh {
	b.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	account := curfew.Account{ID: curfew.NewID(now), Name: "Acme", CreatedAt: now}
	user := curfew.User{AccountID: account.ID, ID: curfew.NewID(now), Name: "Ada", Email: "ada@acme.example", Role: curfew.RoleOwner, CreatedAt: now}
	refreshes := make([]token.Refresh, n)
	err := db.InTx(context.Background(), curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
		if err := tx.InsertAccount(ctx, account); err != nil {
			return err
		}
		if _, err := tx.InsertUser(ctx, user, "ada@acme.example"); err != nil {
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

func openForBench(b *testing.B) *DB {
	b.Helper()
	chain, err := audit.NewChain(func(byte) (key [32]byte, ok bool) { return key, true }, 1)
	if err != nil {
		b.Fatal(err)
	}
	db, err := Open(context.Background(), Options{Path: b.TempDir() + "/curfew.db", Chain: chain})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	return db
}

// BenchmarkRotate is the store's part of a refresh: 64 callers, each walking
// the chain of a session of its own, durable commits.
func BenchmarkRotate(b *testing.B) {
	db := openForBench(b)
	refreshes := seed(b, db, 128)
	var next atomic.Int32
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		r := refreshes[int(next.Add(1)-1)%len(refreshes)]
		for pb.Next() {
			now := time.Now()
			if _, err := db.Rotate(context.Background(), authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID,
				Generation: r.Generation, SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16)}); err != nil {
				b.Error(err)
				return
			}
			r = r.Successor()
		}
	})
}

// BenchmarkStanding is the store's part of a session check.
func BenchmarkStanding(b *testing.B) {
	db := openForBench(b)
	refreshes := seed(b, db, 128)
	var next atomic.Int32
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		r := refreshes[int(next.Add(1)-1)%len(refreshes)]
		for pb.Next() {
			if _, err := db.Standing(context.Background(), r.AccountID, r.SessionID); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
