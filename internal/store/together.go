package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// txCall is a transaction that waits for its turn. Its function runs in the
// goroutine that asked for it, whenever the batch has come to it: so a panic
// ends up where it belongs.
type txCall struct {
	ctx       context.Context
	accountID curfew.ID
	at        atomic.Int32         // waits, in its turn, has run, or nobody is there any more
	sessions  []curfew.ID          // what the function looks at first
	start     *authority.StartLook // what it looks at as a start
	handed    time.Time
	again     bool // it was held up before, and stands in line once more
	turn      chan turn
	ran       chan error // what the function said, once a turn
	done      chan error // what became of it all
}

// Where a call is. The batch gives it a turn and, when nothing came of that, has
// it wait for another one; its caller may leave except within a turn.
const (
	waits int32 = iota
	inTurn
	hasRun
	left
)

// turn is a call's part of a transaction.
type turn struct {
	ctx  context.Context
	conn conn
}

// InTx runs fn in a transaction with others that wait, and commits them
// together: all that wait of one account, or on an engine with one writer all
// that wait.
func (db *DB) InTx(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	return db.transactions.run(ctx, accountID, fn)
}

// InLog is InTx for what ends sessions, with all that wait of any account.
func (db *DB) InLog(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error, sessions ...curfew.ID) error {
	return db.logged.run(ctx, accountID, fn, sessions...)
}

// InBulk is InLog for what may take long.
func (db *DB) InBulk(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	return db.bulk.run(ctx, accountID, fn)
}

// lane is a line of transactions that are committed together, and where they
// are run.
type lane struct {
	*batcher[*txCall]
	pool  *sql.DB
	stmts prepared
	// log is what the lane writes to the revocation log under; nil in one whose
	// transactions may not.
	log *logWriter
	// starts says that what its calls look at first is read for all of them, and
	// what they write at its end, on every engine.
	starts bool
	// short says that a transaction gives up what somebody else has held
	// locked for a moment: it stands in line again, and holds up no other
	// account.
	short bool
}

func (db *DB) newLane(pool *sql.DB, log *logWriter, workers int, apart bool) *lane {
	l := &lane{pool: pool, log: log}
	if l.short = pool != db.write; !l.short { // a pool of its own has one user, and the driver prepares what that uses
		l.stmts = db.writes
	}
	if log != nil {
		log.renew(db.now())
	}
	most := maxTogether
	if db.dialect.oneWriter {
		most = maxByOnlyWriter
	}
	l.batcher = newBatcher(batching[*txCall]{run: func(calls []*txCall) { db.commitTogether(l, calls) }, workers: workers, most: most, apart: apart})
	return l
}

func (l *lane) run(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error, sessions ...curfew.ID) error {
	return l.runLooking(ctx, &txCall{accountID: accountID, sessions: sessions}, fn)
}

// runLooking is run for a call that says what it looks at.
func (l *lane) runLooking(ctx context.Context, call *txCall, fn func(context.Context, authority.Tx) error) error {
	if inside(ctx) {
		return errInside
	}
	call.ctx, call.handed, call.turn, call.ran, call.done = ctx, time.Now(), make(chan turn), make(chan error, 1), make(chan error, 1)
	if err := l.submit(call.accountID, call); err != nil {
		return err
	}
	gone := ctx.Done()
	for {
		select {
		case t := <-call.turn:
			call.run(t, fn)
			gone = ctx.Done()
		case err := <-call.done:
			return err
		case <-gone:
			if call.at.CompareAndSwap(waits, left) {
				return curfew.Unavailable(ctx.Err())
			}
			// What has begun ends, whoever has gone away; but nobody who is there
			// waits for that beyond their deadline.
			if errors.Is(ctx.Err(), context.DeadlineExceeded) && call.at.CompareAndSwap(hasRun, left) {
				return curfew.Unavailable(fmt.Errorf("%w: %w", errUnknown, ctx.Err()))
			}
			gone = nil
		}
	}
}

// maxTogether is how many transactions are committed together: each runs
// several statements, and a refresh may be waiting for its turn behind them. On an
// engine with one writer every refresh does, and fewer cost hardly more commits.
const (
	maxTogether     = 64
	maxByOnlyWriter = 24
)

// longTogether is how long a transaction may have taken for another call to
// begin in it: what it has locked or, on an engine with one writer, everything
// else that writes waits for its end.
const longTogether = 100 * time.Millisecond

// errLeft is a function that did not return: it panicked.
var errLeft = errors.New("store: the transaction's function did not return")

func (c *txCall) run(t turn, fn func(context.Context, authority.Tx) error) {
	err := errLeft
	defer func() {
		c.at.Store(hasRun)
		c.ran <- err
	}()
	ctx := context.WithValue(context.WithoutCancel(c.ctx), insideKey{}, true)
	if end, bounded := t.ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, sooner(c.ctx, end))
		defer cancel()
	}
	err = fn(ctx, t.conn)
}

// waitAgain has the calls of a transaction that did not hold wait for another
// turn, those whose callers are still there.
func waitAgain(calls []*txCall) {
	for _, call := range calls {
		call.at.CompareAndSwap(hasRun, waits)
	}
}

// commitTogether runs the calls of a batch in one transaction.
func (db *DB) commitTogether(l *lane, calls []*txCall) {
	// What was held up before may be so again: it keeps to itself.
	var waiting, again []*txCall
	for _, call := range calls {
		switch {
		case call.at.Load() == left:
		case call.again:
			again = append(again, call)
		default:
			waiting = append(waiting, call)
		}
	}
	if !l.apart {
		// Rows of sessions are locked in the order of their accounts, as
		// refreshes lock them.
		sortByAccount(waiting)
	}
	db.commitCalls(l, waiting)
	if len(again) > 0 {
		sortByAccount(again)
		db.byAccount(l, again)
	}
}

func sortByAccount(calls []*txCall) {
	slices.SortStableFunc(calls, func(a, b *txCall) int { return a.accountID.Compare(b.accountID) })
}

// commitCalls runs calls in one transaction. When that cannot be done each is
// tried alone, so that one does not take the others with it.
func (db *DB) commitCalls(l *lane, waiting []*txCall) {
	outcomes := make([]error, len(waiting))
	for len(waiting) > 1 {
		done, err := db.transact(l, waiting, outcomes)
		if errors.Is(err, errNotBegun) {
			finish(waiting, outcomes, err)
			return
		}
		if err != nil && l.short && db.dialect.blocked(err) {
			db.heldUp(l, waiting, err)
			return
		}
		if err != nil && !errors.Is(err, errUnknown) {
			db.noticeLost(err)
			break
		}
		finish(waiting[:done], outcomes[:done], err)
		waiting, outcomes = waiting[done:], outcomes[done:]
	}
	for i, call := range waiting {
		if call.at.Load() == left {
			continue
		}
		alone := waiting[i : i+1]
		outcomes[i] = nil
		err := db.retry(context.Background(), func() error { _, err := db.transact(l, alone, outcomes[i:i+1]); return err })
		if err != nil && db.dialect.lost(err) && !errors.Is(err, errUnknown) {
			// The others would wait for it in vain, too, one after the other.
			finish(waiting[i:], outcomes[i:], err)
			return
		}
		if err != nil && l.short && db.dialect.blocked(err) {
			db.heldUp(l, alone, err)
			continue
		}
		finish(alone, outcomes[i:i+1], err)
	}
}

// longHeld is how long a call stands in line again and again while somebody else
// holds what it needs.
const longHeld = 10 * time.Second

// heldUp has calls stand in line again, once it is known which account's they
// are: the others are run at once.
func (db *DB) heldUp(l *lane, calls []*txCall, err error) {
	if calls[0].accountID != calls[len(calls)-1].accountID {
		db.byAccount(l, calls)
		return
	}
	for _, call := range calls {
		switch {
		case call.at.Load() == left:
		case time.Since(call.handed) > longHeld:
			call.done <- outward(err)
		default:
			call.again = true
			if err := l.submit(call.accountID, call); err != nil {
				call.done <- err
			}
		}
	}
}

// byAccount runs calls account by account. They are in the order of those.
func (db *DB) byAccount(l *lane, calls []*txCall) {
	for len(calls) > 0 {
		n := 1
		for n < len(calls) && calls[n].accountID == calls[0].accountID {
			n++
		}
		db.commitCalls(l, calls[:n])
		calls = calls[n:]
	}
}

func finish(calls []*txCall, outcomes []error, err error) {
	for i, call := range calls {
		if err != nil {
			call.done <- outward(err)
		} else {
			call.done <- outcomes[i]
		}
	}
}

var (
	// errNotBegun is an engine that did not even begin.
	errNotBegun = errors.New("store: no transaction could begin")
	// errSpoilt is a transaction that cannot be committed because of one of
	// its calls.
	errSpoilt = errors.New("store: a call spoilt the transaction")
)

// transact runs calls in one transaction, one after the other, and begins none
// when it has taken long: it returns how many it ran. What a call
// says of its own becomes its outcome; it has changed nothing then. An error is
// what kept all of them from being committed.
func (db *DB) transact(l *lane, calls []*txCall, outcomes []error) (done int, err error) {
	defer func() {
		if err != nil && !errors.Is(err, errUnknown) {
			waitAgain(calls)
		}
	}()
	tx, ctx, end, err := db.begin(context.Background(), l.pool, db.dialect.writing)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNotBegun, err)
	}
	defer end()
	wrote := false
	c := conn{db: db, tx: tx, stmts: l.stmts, wrote: &wrote}
	var logged []curfew.Revocation
	if l.log != nil {
		c.logged = &logged
	}
	if db.dialect.together || l.starts {
		c.later = newLater()
	}
	var told []curfew.DeliveryKey
	handOver := db.onTold.Load()
	if handOver != nil {
		c.told = &told
		defer func() {
			if err == nil && len(told) > 0 {
				(*handOver)(told)
			}
		}()
	}
	if err := c.lock(ctx, l, calls); err != nil {
		return 0, err
	}
	if err := c.lookFirst(ctx, calls); err != nil {
		return 0, err
	}
	if err := c.lookAtStarts(ctx, calls); err != nil {
		return 0, err
	}
	began := time.Now()
	for i, call := range calls {
		if i > 0 && time.Since(began) > db.longest {
			break
		}
		done++
		if !call.at.CompareAndSwap(waits, inTurn) {
			continue // its caller has left
		}
		before := wrote
		wrote = false
		call.turn <- turn{ctx, c}
		err := <-call.ran
		if err == errLeft {
			call.at.Store(left)
		}
		if failed := c.failed(); failed != nil {
			err = failed // whatever has become of that
		}
		switch {
		case err == nil:
		case ownWords(err) && (!wrote || len(calls) == 1):
			outcomes[i] = err
		case len(calls) == 1:
			return 0, err
		default:
			return 0, fmt.Errorf("%w: %w", errSpoilt, err)
		}
		if err != nil && len(calls) == 1 {
			told = nil
			return 1, nil // and rolled back
		}
		wrote = wrote || before
	}
	// Whoever found everything done already may have seen what was committed
	// and never confirmed, as when the wait for a standby was cut short. What
	// is answered by it must not be lost in a failover: the commit of a
	// transaction that locked a row waits for all that was committed before.
	if !wrote && db.dialect.lockAccount == nil {
		return done, nil
	}
	if err := c.tell(ctx); err != nil {
		return 0, err
	}
	if len(logged) == 0 {
		return done, db.commit(tx)
	}
	if err := l.log.append(ctx, c, logged, db.now()); err != nil {
		return 0, err
	}
	err = db.commit(tx)
	switch {
	case err == nil:
		l.log.committed(logged)
		if told := db.onLogged.Load(); told != nil {
			(*told)(logged)
		}
	case errors.Is(err, errUnknown):
		l.log.renew(db.now())
	}
	return done, err
}
