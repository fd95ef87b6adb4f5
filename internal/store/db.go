package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// DB is the store on one engine. It is safe for concurrent use.
type DB struct {
	dialect dialect
	// write and read are pools of the same database. On SQLite write has one
	// connection, and read can only read.
	write, read *sql.DB
	chain       *audit.Chain

	rotations *batcher[*rotateCall]
	standings *batcher[*standingCall]
	writes    prepared // on write
	reads     prepared // on read
}

var _ authority.Store = (*DB)(nil)

type insideKey struct{}

// errInside means that code inside a transaction used the store instead of
// its transaction. With one writing connection that would wait for itself.
var errInside = errors.New("store: a call from inside a transaction must go through the transaction")

func inside(ctx context.Context) bool { return ctx.Value(insideKey{}) != nil }

// View runs fn on one consistent moment of the database.
func (db *DB) View(ctx context.Context, fn func(context.Context, authority.Reader) error) error {
	if inside(ctx) {
		return errInside
	}
	return db.run(ctx, db.read, db.reads, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, func(ctx context.Context, c conn) error { return fn(ctx, c) })
}

// maxTries is how often something is tried when the engine asks for it.
const maxTries = 5

// InTx runs fn in one transaction and commits it, trying again a few times
// when the engine reports a conflict.
func (db *DB) InTx(ctx context.Context, fn func(context.Context, authority.Tx) error) error {
	if inside(ctx) {
		return errInside
	}
	return db.retry(ctx, func() error {
		return db.run(ctx, db.write, db.writes, nil, func(ctx context.Context, c conn) error { return fn(ctx, c) })
	})
}

// retry does something again, a few times and after a pause, while the engine
// says that it may work the next time.
func (db *DB) retry(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == maxTries || !db.dialect.transient(err) {
			return err
		}
		pause := time.Duration(try) * time.Duration(1+rand.Int64N(int64(10*time.Millisecond)))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return curfew.Unavailable(ctx.Err())
		}
	}
}

// run runs fn in one transaction of a pool. What the engine says is
// unavailable to the caller; what fn says of its own is passed on.
func (db *DB) run(ctx context.Context, pool *sql.DB, stmts prepared, opts *sql.TxOptions, fn func(context.Context, conn) error) error {
	tx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return curfew.Unavailable(fmt.Errorf("begin: %w", err))
	}
	defer tx.Rollback() // does nothing after a commit
	if err := fn(context.WithValue(ctx, insideKey{}, true), conn{db, tx, stmts}); err != nil {
		var known *curfew.Error
		if errors.As(err, &known) || errors.Is(err, curfew.ErrNotFound) || errors.Is(err, errInside) {
			return err
		}
		return curfew.Unavailable(err)
	}
	if err := tx.Commit(); err != nil {
		return curfew.Unavailable(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// Ping asks both pools for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return curfew.Unavailable(err)
	}
	return db.View(ctx, func(ctx context.Context, r authority.Reader) error {
		_, err := r.AnyAccount(ctx)
		return err
	})
}

// Clock reads the engine's clock, to be compared with this machine's.
func (db *DB) Clock(ctx context.Context) (time.Time, error) {
	var now time.Time
	if err := db.read.QueryRowContext(ctx, db.dialect.clock).Scan(timeInto{&now}); err != nil {
		return time.Time{}, curfew.Unavailable(err)
	}
	return now, nil
}

// Close finishes what waits and closes the database.
func (db *DB) Close() error {
	if db.rotations != nil {
		db.rotations.close()
		db.standings.close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}
