package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/token"
)

// onEngines runs a test on an empty database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, db *DB)) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// openBackup opens a new file without a secret, as a backup does.
func openBackup(t *testing.T) (string, *DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.db")
	db, err := Open(context.Background(), Options{Path: path})
	if err == nil {
		err = db.MakeSchema(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, db
}

// signInOnce writes a session and its audit event in one transaction.
func signInOnce(ctx context.Context, db *DB, account, user curfew.ID) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return db.InTx(ctx, account, func(ctx context.Context, tx authority.Tx) error {
		refresh := token.NewRefresh(account, curfew.NewID(now))
		if _, err := tx.InsertSession(ctx, curfew.Session{AccountID: account, ID: refresh.SessionID, UserID: user, SecretHash: refresh.SecretHash(),
			Generation: 1, PolicyVersion: 1, StartedAt: now, AuthTime: now, LastActiveAt: now, IdleMinutes: 15, AbsoluteMinutes: 60,
			IdleExpiresAt: now.Add(time.Hour), AbsoluteExpiresAt: now.Add(time.Hour), IP: "192.0.2.7"}); err != nil {
			return err
		}
		return tx.Audit(ctx, audit.Event{AccountID: account, ID: curfew.NewID(now), OccurredAt: now, Action: audit.SessionStart, Details: []byte("{}")})
	})
}

// A backup beside writers is of one moment: what was written in one transaction
// is in it whole or not at all, and every audit chain holds.
func TestBackupBesideWriters(t *testing.T) {
	onEngines(t, func(t *testing.T, db *DB) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		refreshes := seed(t, db, 300)
		account := refreshes[0].AccountID
		var user curfew.ID
		if err := db.View(ctx, func(ctx context.Context, r authority.Reader) error {
			st, err := r.SessionStanding(ctx, account, refreshes[0].SessionID)
			user = st.User.ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
		// Writers go on from the first table to the last.
		var writers sync.WaitGroup
		var halt sync.Once
		done := make(chan struct{})
		end := func() { halt.Do(func() { close(done) }) }
		defer end()
		some := make(chan struct{}, 1)
		for range 3 {
			writers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if err := signInOnce(context.Background(), db, account, user); err != nil {
						t.Error(err)
						return
					}
					select {
					case some <- struct{}{}:
					default:
					}
				}
			})
		}
		<-some
		path, to := openBackup(t)
		copied, err := Backup(ctx, db, to, copyTime, func(p Progress) {
			if !p.Verifying {
				<-some // and somebody wrote between any two tables
			}
		})
		end()
		go func() { writers.Wait(); close(some) }()
		for range some { // the last of them is let go
		}
		if err := errors.Join(err, to.Close()); err != nil {
			t.Fatal(err)
		}
		if err := SingleFile(ctx, path); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
			t.Errorf("beside the backup there is %v", left)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}

		backup, err := Open(ctx, Options{Path: path, ReadOnly: true, Chain: testChain(t)})
		if err != nil {
			t.Fatal(err)
		}
		if err := backup.CheckCurrent(ctx); err != nil {
			t.Fatal(err)
		}
		var sessions, events, now int64
		for into, text := range map[*int64]string{&sessions: `SELECT count(*) FROM sessions`, &events: `SELECT count(*) FROM audit_events`} {
			if err := backup.read.QueryRowContext(ctx, text).Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM audit_events`).Scan(&now); err != nil {
			t.Fatal(err)
		}
		if sessions != events+300 || events == 0 || events >= now {
			t.Errorf("%d sessions and %d events; by now there are %d", sessions, events, now)
		}
		report, err := authority.VerifyAudit(ctx, backup, testChain(t), account)
		if err != nil || !report.OK() || int64(report.Rows) != events {
			t.Errorf("the chain: %+v, %v", report, err)
		}
		for _, c := range copied {
			if c.Table == "sessions" && c.Rows != sessions {
				t.Errorf("it says %d sessions", c.Rows)
			}
		}

		// It is not to be used, and reading it changes nothing.
		if err := backup.UseCopy(ctx); !errors.Is(err, ErrBackup) {
			t.Errorf("a backup is used: %v", err)
		}
		if err := backup.InTx(ctx, account, func(ctx context.Context, tx authority.Tx) error {
			return tx.RenameAccount(ctx, account, "Changed")
		}); err == nil {
			t.Error("a backup was written to")
		}
		if err := backup.Close(); err != nil {
			t.Fatal(err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Errorf("the backup changed (%v)", err)
		}
	})
}

// What a restore puts into a database is the backup's, and is not used before a
// fence.
func TestRestore(t *testing.T) {
	bothWays(t, func(t *testing.T, from, to *DB) {
		ctx := context.Background()
		id := fill(t, from, 10)
		_, backup := openBackup(t)
		defer backup.Close()
		if _, err := Backup(ctx, from, backup, copyTime, silent); err != nil {
			t.Fatal(err)
		}
		sameRows(t, from, backup)
		if _, err := Copy(ctx, backup, to, copyTime, silent); !errors.Is(err, ErrBackup) {
			t.Errorf("a backup was copied as if sessions went on: %v", err)
		}
		for i := range 2 { // it may be done again
			if _, err := Restore(ctx, backup, to, copyTime.Add(time.Duration(i)*time.Second), silent); err != nil {
				t.Fatal(err)
			}
			sameRows(t, from, to)
			if err := to.UseCopy(ctx); !errors.Is(err, ErrUnfinishedFence) {
				t.Errorf("used before the fence: %v", err)
			}
		}
		if _, err := Copy(ctx, from, to, copyTime, silent); !errors.Is(err, ErrInUse) {
			t.Errorf("copied over a restored database: %v", err)
		}
		if _, err := Backup(ctx, to, openEmpty(t), copyTime, silent); !errors.Is(err, ErrUnfinishedFence) {
			t.Errorf("backed up what is not whole: %v", err)
		}
		begun, err := to.BeginFence(ctx, copyTime.Add(time.Minute))
		if err != nil || !begun.Restored || !begun.At.Equal(copyTime.Add(time.Second)) {
			t.Fatalf("%+v, %v", begun, err)
		}
		if err := to.EndFence(ctx, begun, curfew.NewID(copyTime)); err != nil {
			t.Fatal(err)
		}
		if err := to.UseCopy(ctx); err != nil {
			t.Error(err)
		}
		if n := len(dump(t, to)["writers"]); n != 0 {
			t.Errorf("%d nodes of the source are left", n)
		}
		if _, err := Restore(ctx, backup, to, copyTime, silent); !errors.Is(err, ErrInUse) {
			t.Errorf("restored over an installation: %v", err)
		}
		_ = id
	})
}

// A restore that ends early leaves a database that neither a server nor a fence
// takes, and is run again.
func TestRestoreEndsEarly(t *testing.T) {
	intoBoth(t, func(t *testing.T, from, to *DB) {
		fill(t, from, copyTold+1)
		for i, at := range []Progress{{Table: "users"}, {Table: "audit_events"}, {Table: "sessions", Verifying: true}} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := Restore(ctx, from, to, copyTime.Add(time.Duration(i)), func(p Progress) {
				if p.Table == at.Table && p.Verifying == at.Verifying {
					cancel()
				}
			})
			cancel()
			if err == nil {
				t.Fatalf("%+v: it ended well", at)
			}
			if err := to.UseCopy(context.Background()); !errors.Is(err, ErrUnfinishedRestore) {
				t.Errorf("%+v: %v", at, err)
			}
			if _, err := to.BeginFence(context.Background(), copyTime); !errors.Is(err, ErrUnfinishedRestore) {
				t.Errorf("%+v: fenced: %v", at, err)
			}
		}
		if _, err := Restore(context.Background(), from, to, copyTime.Add(time.Minute), silent); err != nil {
			t.Fatal(err)
		}
		sameRows(t, from, to)
	})
}

// A backup that ends early is none.
func TestBackupEndsEarly(t *testing.T) {
	from := openEmpty(t)
	fill(t, from, 10)
	_, to := openBackup(t)
	defer to.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if _, err := Backup(ctx, from, to, copyTime, func(Progress) { cancel() }); err == nil {
		t.Fatal("it ended well")
	}
	if err := to.UseCopy(context.Background()); !errors.Is(err, ErrUnfinishedBackup) {
		t.Errorf("used: %v", err)
	}
	if _, err := Restore(context.Background(), to, openEmpty(t), copyTime, silent); !errors.Is(err, ErrUnfinishedBackup) {
		t.Errorf("restored: %v", err)
	}
}
