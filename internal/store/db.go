package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// DB is the store on one engine. It is safe for concurrent use.
type DB struct {
	dialect dialect
	// write, read, batch and log are pools of the same database; some of them
	// may be one. On SQLite write has one connection, and read can only read
	// (checkpoints has another);
	// log is for the lane of the revocation log alone.
	write, read, batch, log *sql.DB
	dropping                sync.Mutex // by dropIdle
	// writers is how many transactions that write run at once.
	writers int
	// patience bounds what waits for a server that does not answer, 0 for an
	// engine in this process.
	patience time.Duration
	// longest is longTogether, unless a test has set another.
	longest time.Duration
	chain   *audit.Chain

	rotations    *batcher[*rotateCall]
	standings    *batcher[*standingCall]
	transactions *lane
	// starts are those of services; transactions where accounts are kept apart.
	starts       *lane
	logged, bulk *lane
	viewing      atomic.Int64 // reads under way or waiting for a connection
	writes       prepared     // on write
	reads        prepared     // on read
	batches      prepared     // on batch
	counters     counters
	checkpoints  *checkpointer // nil where the engine does that by itself

	now      func() time.Time
	onLogged atomic.Pointer[func([]curfew.Revocation)]
	onTold   atomic.Pointer[func([]curfew.DeliveryKey)]
	fenceID  curfew.ID
}

var _ authority.Store = (*DB)(nil)

// SetClock gives the store the time by which it dates the revocation log: the
// machine's own until then. It comes before any use.
func (db *DB) SetClock(now func() time.Time) { db.now = now }

// OneWriter reports whether all that writes shares one connection.
func (db *DB) OneWriter() bool { return db.dialect.oneWriter }

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
	if db.viewing.Add(1) > maxWaiting {
		db.viewing.Add(-1)
		return curfew.Unavailable(errBusy)
	}
	defer db.viewing.Add(-1)
	tx, within, end, err := db.begin(ctx, db.read, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return curfew.Unavailable(fmt.Errorf("begin: %w", err))
	}
	defer end()
	if err := fn(context.WithValue(within, insideKey{}, true), conn{db: db, tx: tx, stmts: db.reads}); err != nil {
		db.noticeLost(err)
		return outward(err)
	}
	return nil
}

// begin begins a transaction under the caller's deadline and goes on under the
// engine's own: a caller who leaves would otherwise take a connection along.
// end undoes what was not committed.
func (db *DB) begin(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (tx *sql.Tx, within context.Context, end func(), err error) {
	start := time.Now()
	for try := 1; ; try++ {
		tx, within, end, err = db.beginOnce(ctx, pool, opts)
		if err == nil || !db.mayTryAgain(err, try, start) {
			return tx, within, end, err
		}
	}
}

func (db *DB) beginOnce(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (*sql.Tx, context.Context, func(), error) {
	turn, giveUp := ctx, context.CancelFunc(func() {})
	if db.dialect.oneWriter {
		turn, giveUp = context.WithTimeout(ctx, inTurnWithin)
	}
	c, err := pool.Conn(turn)
	giveUp()
	if err != nil && ctx.Err() != nil { // which tells nothing of the engine
		return nil, nil, nil, fmt.Errorf("%w: %v", errNoTurn, err)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	within, cancel := db.bounded(ctx)
	tx, err := c.BeginTx(within, opts)
	if err != nil {
		cancel()
		_ = c.Close()
		return nil, nil, nil, err
	}
	return tx, within, func() {
		_ = tx.Rollback() // does nothing after a commit
		cancel()
		_ = c.Close()
	}, nil
}

// errNoTurn is a caller whose time was up before a connection was free.
var errNoTurn = errors.New("store: no connection was free in time")

// bounded is a context that ends only when a server has not answered for long,
// or the caller's deadline has come. In this process nothing of the kind is
// needed, and a context that can end costs a goroutine for each statement.
func (db *DB) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if db.patience == 0 {
		return context.WithoutCancel(ctx), func() {}
	}
	return context.WithDeadline(context.WithoutCancel(ctx), sooner(ctx, time.Now().Add(db.patience)))
}

// leastTime is what whoever has got a connection has at least: a statement that
// is cut off takes its connection along, so none begins that must be.
const leastTime = time.Second

// sooner is the caller's deadline where it is before end.
func sooner(ctx context.Context, end time.Time) time.Time {
	own, has := ctx.Deadline()
	if !has || own.After(end) {
		return end
	}
	if least := time.Now().Add(leastTime); own.Before(least) && least.Before(end) {
		return least
	}
	return own
}

// limited is the caller's context, and ends too when a server has not answered
// for long.
func (db *DB) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if db.patience == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, db.patience)
}

// outward is an error as a caller of the store sees it: what the engine says
// is unavailable, what the use case says of its own is passed on.
func outward(err error) error {
	if ownWords(err) {
		return err
	}
	return curfew.Unavailable(err)
}

func ownWords(err error) bool {
	var known *curfew.Error
	return errors.As(err, &known) || errors.Is(err, curfew.ErrNotFound) || errors.Is(err, errInside) || errors.Is(err, errLeft) || errors.Is(err, errNotInLog)
}

const (
	// maxTries is how often something is tried when the engine asks for it.
	maxTries = 5
	// lostTries is how often when the engine was not there: a connection may
	// have ended while it was idle, but nobody is held up by an outage.
	lostTries = 2
	// tryWithin is how long after the first try began the next one may begin.
	// It is less than SQLite waits for another process's lock, and more than
	// PostgreSQL takes to find a deadlock.
	tryWithin = 3 * time.Second
	// inTurnWithin is how long something waits for the one connection that
	// writes: while another process has the lock on writing, whoever gets the
	// connection waits for that, and one after the other would wait in vain.
	inTurnWithin = 3 * time.Second
)

// noticeLost reports whether a connection was lost, and forgets those that are
// as lost as that one.
func (db *DB) noticeLost(err error) bool {
	lost := err != nil && db.dialect.lost(err)
	if lost {
		db.dropIdle()
	}
	return lost
}

// mayTryAgain says whether something that failed is tried again.
func (db *DB) mayTryAgain(err error, try int, start time.Time) bool {
	lost := db.noticeLost(err)
	return (lost && try < lostTries || db.dialect.conflict(err) && try < maxTries) && time.Since(start) < tryWithin
}

// retry does something again, a few times and after a pause, while the engine
// says that it may work the next time. What may have been committed is not.
// Nor is what did not even begin, which tries that by itself.
func (db *DB) retry(ctx context.Context, do func() error) error {
	start := time.Now()
	for try := 1; ; try++ {
		err := do()
		if err == nil || errors.Is(err, errUnknown) || errors.Is(err, errNotBegun) || !db.mayTryAgain(err, try, start) {
			return err
		}
		db.counters.retries.Add(1)
		pause := time.Duration(try) * time.Duration(1+rand.Int64N(int64(10*time.Millisecond)))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return curfew.Unavailable(ctx.Err())
		}
	}
}

// dropIdle closes the connections that nobody uses: when one of them was lost,
// or led to a server that is no primary any more, so will the others be.
//
// One at a time: SetMaxIdleConns closes what it takes away without holding the
// pool's lock, from the memory that the pool goes on with. As soon as somebody else
// lets the pool keep connections again, those would be closed in place of others, and
// stay in it. It takes no time: a connection's end does not wait for the server
// (postgresStmt).
func (db *DB) dropIdle() {
	db.dropping.Lock()
	defer db.dropping.Unlock()
	for _, pool := range []*sql.DB{db.write, db.batch, db.log} {
		most := pool.Stats().MaxOpenConnections
		pool.SetMaxIdleConns(0)
		pool.SetMaxIdleConns(most)
	}
}

// errUnknown is never tried again.
var errUnknown = authority.ErrUnknown

// commit commits, and tells a commit that failed from one of unknown outcome.
func (db *DB) commit(tx *sql.Tx) error {
	err := tx.Commit()
	if err != nil && !db.dialect.conflict(err) {
		db.noticeLost(err)
		db.counters.unknown.Add(1)
		err = fmt.Errorf("%w: %w", errUnknown, err)
	}
	db.checkpoints.committed()
	return err
}

// Ping asks both pools for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	within, cancel := db.limited(ctx)
	defer cancel()
	if err := db.read.PingContext(within); err != nil {
		return curfew.Unavailable(err)
	}
	return db.View(ctx, func(ctx context.Context, r authority.Reader) error {
		_, err := r.AnyAccount(ctx)
		return err
	})
}

// Clock reads the engine's clock, to be compared with this machine's.
func (db *DB) Clock(ctx context.Context) (time.Time, error) {
	ctx, cancel := db.limited(ctx)
	defer cancel()
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
		for _, l := range []*lane{db.starts, db.transactions, db.bulk, db.logged} {
			l.close()
		}
	}
	var errs []error
	if db.checkpoints != nil {
		errs = append(errs, db.checkpoints.close())
	}
	for pool := range db.pools() {
		errs = append(errs, pool.Close())
	}
	return errors.Join(errs...)
}

// pools are the pools, each once.
func (db *DB) pools() map[*sql.DB]bool {
	return map[*sql.DB]bool{db.write: true, db.read: true, db.batch: true, db.log: true}
}
