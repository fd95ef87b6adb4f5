package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
)

// checkpointed is a database on SQLite whose log is copied from 100 pages on, and begins
// anew at 400; only when the test says so, or by itself.
func checkpointed(t *testing.T, alone bool) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: testChain(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if alone {
		db.checkpoints.stop()
		db.checkpoints.done.Wait()
	}
	db.checkpoints.every, db.checkpoints.restartAt = 100, 400
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.ExecContext(t.Context(), `CREATE TABLE scratch (bytes blob)`); err != nil {
		t.Fatal(err)
	}
	return db
}

// writePages commits pages, 50 at a time.
func (db *DB) writePages(t *testing.T, pages int) {
	t.Helper()
	for range pages / 50 {
		tx, ctx, end, err := db.begin(t.Context(), db.write, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO scratch (bytes) VALUES (randomblob(50 * 4096))`)
		if err == nil {
			err = db.commit(tx)
		}
		end()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (db *DB) logLength(t *testing.T) (length, copied int) {
	t.Helper()
	length, copied, err := db.checkpoints.checkpoint(t.Context(), "NOOP")
	if err != nil {
		t.Fatal(err)
	}
	return length, copied
}

// beginsAnew holds that the log does with the next commit.
func (db *DB) beginsAnew(t *testing.T) {
	t.Helper()
	db.writePages(t, 50)
	if length, _ := db.logLength(t); length >= 100 {
		t.Errorf("the log has %d pages: it did not begin anew", length)
	}
}

// TestCheckpointStep copies what is in the log once that is much, and nothing before.
func TestCheckpointStep(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, true)
	step := func() {
		t.Helper()
		if err := db.checkpoints.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	db.writePages(t, 100)
	step() // with what the migrations wrote
	if length, copied := db.logLength(t); length < 100 || copied != length {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
	// All of it is: the log begins anew.
	db.writePages(t, 50)
	step()
	if length, copied := db.logLength(t); length < 50 || length >= 100 || copied != 0 {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
	db.writePages(t, 50)
	step()
	if length, copied := db.logLength(t); length < 100 || copied != length {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
}

// TestCheckpointHoldsWriters while it copies the rest of a long log, so that the log
// begins anew however much is written.
func TestCheckpointHoldsWriters(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, true)
	db.writePages(t, 500)
	tx, ctx, end, err := db.begin(t.Context(), db.write, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	waited := db.write.Stats().WaitCount
	stepped := make(chan error, 1)
	go func() { stepped <- db.checkpoints.step(t.Context()) }()
	for end := time.Now().Add(time.Minute); db.write.Stats().WaitCount == waited; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not wait for the writer")
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO scratch (bytes) VALUES (randomblob(50 * 4096))`)
	if err == nil {
		err = db.commit(tx)
	}
	end()
	if err = errors.Join(err, <-stepped); err != nil {
		t.Fatal(err)
	}
	if length, copied := db.logLength(t); length < 550 || copied != length {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
	db.beginsAnew(t)
}

// TestCheckpointBesideReader leaves what somebody reads, and goes on when they are gone.
func TestCheckpointBesideReader(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, true)
	reading, read := make(chan struct{}), make(chan struct{})
	leave := sync.OnceFunc(func() { close(read) })
	defer leave()
	over := make(chan error, 1)
	go func() {
		over <- db.View(context.WithoutCancel(t.Context()), func(ctx context.Context, r authority.Reader) error {
			_, err := r.AnyAccount(ctx)
			close(reading)
			<-read
			return err
		})
	}()
	<-reading
	db.writePages(t, 500)
	if err := db.checkpoints.step(t.Context()); !errors.Is(err, errRead) {
		t.Errorf("somebody reads what was before: %v", err)
	}
	if length, copied := db.logLength(t); length-copied < 500 {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
	leave()
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if err := db.checkpoints.step(t.Context()); err != nil {
		t.Error(err)
	}
	db.beginsAnew(t)
}

// TestCheckpointsByThemselves: while there are commits and reads the log is copied, and
// begins anew again and again.
func TestCheckpointsByThemselves(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, false)
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = db.View(ctx, func(ctx context.Context, r authority.Reader) error {
					_, err := r.AnyAccount(ctx)
					return err
				})
			}
		})
	}
	// By commits alone it would once in that many pages, at 64,000.
	before, anew := 0, 0
	for range 2000 {
		db.writePages(t, 50)
		length, _ := db.logLength(t)
		if length < before {
			anew++
		}
		before = length
		if anew == 2 {
			return
		}
	}
	t.Errorf("the log began anew %d times, and has %d pages", anew, before)
}
