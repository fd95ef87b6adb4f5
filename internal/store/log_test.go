package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/storetest"
	"github.com/curfew-auth/curfew/internal/token"
)

// accountsFor makes n accounts with a session each.
func accountsFor(t testing.TB, db *DB, n int) (ids []curfew.ID) {
	t.Helper()
	for range n {
		ids = append(ids, seedAccount(t, db, 1, curfew.NewID(time.Now()).String()+"@acme.example")[0].AccountID)
	}
	return ids
}

func ending(account curfew.ID) func(context.Context, authority.Tx) error {
	return func(ctx context.Context, tx authority.Tx) error {
		return tx.Log(ctx, curfew.Revocation{AccountID: account, SessionID: curfew.NewID(time.Now())})
	}
}

// TestNodesFollowEachOther has several nodes write to one database and read all
// of it, accounts apart or not.
func TestNodesFollowEachOther(t *testing.T) {
	chain := testChain(t)
	url := migratedDatabase(t, chain)
	for _, apart := range []bool{false, true} {
		var nodes []authority.Store
		var first *DB
		for range 3 {
			db := openAt(t, Options{URL: url, Chain: chain, MaxConns: 8, NoBatch: apart})
			nodes, first = append(nodes, db), db
		}
		storetest.FollowLog(t, nodes, accountsFor(t, first, 5), time.Now)
	}
}

// TestCommandsFollowEachOther does that on a file, which commands write to
// beside a server.
func TestCommandsFollowEachOther(t *testing.T) {
	path, chain := t.TempDir()+"/curfew.db", testChain(t)
	var nodes []authority.Store
	var first *DB
	for range 2 {
		db := openAt(t, Options{Path: path, Chain: chain})
		nodes, first = append(nodes, db), db
	}
	storetest.FollowLog(t, nodes, accountsFor(t, first, 2), time.Now)
}

// TestWriterStopsAtALostRow: a database that lost what was written, or forgot
// the writer, is not written on under numbers that stand for something else.
func TestWriterStopsAtALostRow(t *testing.T) {
	for name, loss := range map[string]string{
		"went back":        `UPDATE writers SET last_seq = last_seq - 1 WHERE last_seq > 0`,
		"went forward":     `UPDATE writers SET last_seq = last_seq + 1 WHERE last_seq > 0`,
		"forgot it":        `DELETE FROM writers`,
		"lost all entries": `DELETE FROM revocation_log`,
	} {
		t.Run(name, func(t *testing.T) {
			db := openEmpty(t)
			account := accountsFor(t, db, 1)[0]
			for range 3 {
				if err := db.InLog(t.Context(), account, ending(account)); err != nil {
					t.Fatal(err)
				}
			}
			was := db.WriterID()
			if _, err := db.write.ExecContext(t.Context(), loss); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := db.InLog(t.Context(), account, ending(account)); err != nil {
					t.Fatal(err)
				}
			}
			is := db.WriterID()
			if moved := is != was; moved != (name != "lost all entries") {
				t.Errorf("the writer moved: %v", moved)
			}
			entries, heads, err := db.RevocationsAfter(t.Context(), curfew.Cursor{was: 3}, 10)
			if err != nil || len(entries) != 2 || entries[0].Writer != is || entries[1].Seq != heads[is] {
				t.Errorf("%v, %v, %v", entries, heads, err)
			}
		})
	}
}

// TestHeldAccountHoldsUpNobodyElse: whoever holds an account for long keeps its
// own revocations waiting, which are done then, and no others.
func TestHeldAccountHoldsUpNobodyElse(t *testing.T) {
	chain := testChain(t)
	db := openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain})
	accounts := accountsFor(t, db, 9)
	holding, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.InTx(t.Context(), accounts[0], func(context.Context, authority.Tx) error {
			close(holding)
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-holding
	held := make(chan error, 2)
	for range cap(held) {
		go func() { held <- db.InLog(t.Context(), accounts[0], ending(accounts[0])) }()
	}
	for range 3 {
		var others sync.WaitGroup
		for _, id := range accounts[1:] {
			others.Go(func() {
				if err := db.InLog(t.Context(), id, ending(id)); err != nil {
					t.Error(err)
				}
			})
		}
		others.Wait()
	}
	select {
	case err := <-held:
		t.Errorf("a revocation of the held account did not wait: %v", err)
	default:
	}
	close(release)
	for range cap(held) {
		if err := <-held; err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if entries, _, err := db.RevocationsAfter(t.Context(), nil, 100); err != nil || len(entries) != 3*8+2 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

// TestBulkHoldsUpNobodyElse: what takes long has a lane of its own.
func TestBulkHoldsUpNobodyElse(t *testing.T) {
	chain := testChain(t)
	for _, apart := range []bool{false, true} {
		db := openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain, MaxConns: MinMaxConns, NoBatch: apart})
		accounts := accountsFor(t, db, 2)
		if err := db.InBulk(t.Context(), accounts[0], func(ctx context.Context, tx authority.Tx) error {
			for range 3 {
				if err := db.InLog(t.Context(), accounts[1], ending(accounts[1])); err != nil {
					return err
				}
			}
			// And what reads, and writes of other accounts.
			if err := db.Ping(t.Context()); err != nil {
				return err
			}
			if err := db.InTx(t.Context(), accounts[1], func(context.Context, authority.Tx) error { return nil }); err != nil {
				return err
			}
			return ending(accounts[0])(ctx, tx)
		}); err != nil {
			t.Fatal(err)
		}
		if entries, heads, err := db.RevocationsAfter(t.Context(), nil, 100); err != nil || len(entries) != 4 || len(heads) != 2 {
			t.Errorf("%v, %v, %v", entries, heads, err)
		}
	}
}

// TestOpenLogSurvivesItsProcess: what was confirmed is there after a process
// that died in the middle of a transaction, and numbers have no gap.
func TestOpenLogSurvivesItsProcess(t *testing.T) {
	path, chain := t.TempDir()+"/curfew.db", testChain(t)
	var tap storetest.Tap
	dying := openAt(t, Options{Path: path, Chain: chain, Wrap: func(c driver.Connector) driver.Connector { return tap.Wrap(c) }})
	account := accountsFor(t, dying, 1)[0]
	for range 3 {
		if err := dying.InLog(t.Context(), account, ending(account)); err != nil {
			t.Fatal(err)
		}
	}
	lost := errors.New("the process died")
	tap.Watch(func(c storetest.Call) error {
		if c.Op == storetest.OpCommit {
			return lost
		}
		return nil
	})
	if err := dying.InLog(t.Context(), account, ending(account)); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	next := openAt(t, Options{Path: path, Chain: chain})
	if err := next.InLog(t.Context(), account, ending(account)); err != nil {
		t.Fatal(err)
	}
	entries, heads, err := next.RevocationsAfter(t.Context(), nil, 100)
	if err != nil || len(entries) != 4 || len(heads) != 2 || heads[next.WriterID()] != 1 {
		t.Errorf("%v, %v, %v", entries, heads, err)
	}
}

// BenchmarkRevoke ends sessions of different accounts, with all that an owner's
// call does: a look at the caller and the session, the mark, its audit event and
// its entry in the log.
func BenchmarkRevoke(b *testing.B) {
	onEachEngine(b, func(b *testing.B, db *DB, _ []token.Refresh) {
		accounts := make([][]token.Refresh, 64)
		for i := range accounts {
			accounts[i] = seedAccount(b, db, 1, curfew.NewID(time.Now()).String()+"@acme.example")
		}
		var next atomic.Int32
		b.SetParallelism(64)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			r := accounts[int(next.Add(1)-1)%len(accounts)][0]
			for pb.Next() {
				now := time.Now()
				if err := db.InLog(context.Background(), r.AccountID, func(ctx context.Context, tx authority.Tx) error {
					for range 2 {
						if _, err := tx.SessionStanding(ctx, r.AccountID, r.SessionID); err != nil {
							return err
						}
					}
					if _, err := tx.RevokeSession(ctx, r.AccountID, r.SessionID, curfew.ReasonOwnerSession, now); err != nil {
						return err
					}
					if err := tx.Log(ctx, curfew.Revocation{AccountID: r.AccountID, SessionID: r.SessionID}); err != nil {
						return err
					}
					return tx.Audit(ctx, audit.Event{AccountID: r.AccountID, ID: curfew.NewID(now), OccurredAt: now, Action: audit.SessionRevoke, Details: []byte("{}")})
				}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
