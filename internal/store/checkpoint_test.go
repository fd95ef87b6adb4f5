package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
)

// checkpointed is a database on SQLite whose log is looked at by the test alone, or
// goes on being looked at.
func checkpointed(t *testing.T, alone bool) *DB {
	t.Helper()
	db := openAt(t, Options{Path: filepath.Join(t.TempDir(), "curfew.db"), Chain: testChain(t)})
	if alone {
		db.checkpoints.stop()
		db.checkpoints.done.Wait()
		db.checkpoints.every, db.checkpoints.restartAt = 100, 400
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

// TestCheckpointStep copies what is in the log once that is much, and nothing before.
func TestCheckpointStep(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, true)
	step := func() {
		t.Helper()
		if db.checkpoints.step(t.Context()) {
			t.Fatal("nothing is in the way")
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
	stuck := make(chan bool)
	go func() { stuck <- db.checkpoints.step(t.Context()) }()
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
	if err != nil || <-stuck {
		t.Fatalf("it is stuck, or the writer is: %v", err)
	}
	if length, copied := db.logLength(t); length < 550 || copied != length {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
	db.writePages(t, 50)
	if length, _ := db.logLength(t); length >= 100 {
		t.Errorf("the log has %d pages: it did not begin anew", length)
	}
}

// TestCheckpointBesideReader leaves what somebody reads, and goes on when they are gone.
func TestCheckpointBesideReader(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, true)
	reading, read := make(chan struct{}), make(chan struct{})
	over := make(chan error)
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
	if !db.checkpoints.step(t.Context()) {
		t.Error("it went on although somebody reads what was before")
	}
	if length, copied := db.logLength(t); length-copied < 500 {
		t.Errorf("of %d pages %d are copied", length, copied)
	}
	close(read)
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if db.checkpoints.step(t.Context()) {
		t.Error("nobody reads any more")
	}
	db.writePages(t, 50)
	if length, _ := db.logLength(t); length >= 400 {
		t.Errorf("the log has %d pages: it did not begin anew", length)
	}
}

// TestCheckpointsByThemselves: the log is copied while there are commits.
func TestCheckpointsByThemselves(t *testing.T) {
	t.Parallel()
	db := checkpointed(t, false)
	end := time.Now().Add(time.Minute)
	for {
		db.writePages(t, 100)
		if _, copied := db.logLength(t); copied > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nothing is copied")
		}
	}
}
