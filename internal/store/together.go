package store

import (
	"context"
	"errors"
	"fmt"
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
	claimed   atomic.Bool // by the batch, or by the caller who stops waiting
	left      bool        // the function did not return: nobody is there any more
	turn      chan turn
	ran       chan error // what the function said, once a turn
	done      chan error // what became of it all
}

// turn is a call's part of a transaction.
type turn struct {
	ctx  context.Context
	conn conn
}

// InTx runs fn in a transaction with others that wait, and commits them
// together: all that wait of one account, or on an engine with one writer all
// that wait.
func (db *DB) InTx(ctx context.Context, accountID curfew.ID, fn func(context.Context, authority.Tx) error) error {
	if inside(ctx) {
		return errInside
	}
	call := &txCall{ctx: ctx, accountID: accountID, turn: make(chan turn), ran: make(chan error, 1), done: make(chan error, 1)}
	if err := db.transactions.submit(accountID, call); err != nil {
		return err
	}
	gone := ctx.Done()
	for {
		select {
		case t := <-call.turn:
			gone = nil // what has begun ends
			call.run(t, fn)
		case err := <-call.done:
			return err
		case <-gone:
			if call.claimed.CompareAndSwap(false, true) {
				return curfew.Unavailable(ctx.Err())
			}
			gone = nil
		}
	}
}

// maxTogether is how many transactions are committed together: each runs
// several statements, and a refresh may be waiting for its turn behind them.
const maxTogether = 64

// longTogether is how long a transaction may have taken for another call to
// begin in it: what it has locked or, on an engine with one writer, everything
// else that writes waits for its end.
const longTogether = 100 * time.Millisecond

// errLeft is a function that did not return: it panicked.
var errLeft = errors.New("store: the transaction's function did not return")

func (c *txCall) run(t turn, fn func(context.Context, authority.Tx) error) {
	err := errLeft
	defer func() { c.ran <- err }()
	ctx := context.WithValue(context.WithoutCancel(c.ctx), insideKey{}, true)
	if end, bounded := t.ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	err = fn(ctx, t.conn)
}

// commitTogether runs the calls of a batch in one transaction. When that cannot
// be done each is tried alone, so that one does not take the others with it.
func (db *DB) commitTogether(calls []*txCall) {
	waiting := calls[:0]
	for _, call := range calls {
		if call.claimed.CompareAndSwap(false, true) {
			waiting = append(waiting, call)
		}
	}
	outcomes := make([]error, len(waiting))
	for len(waiting) > 1 {
		done, err := db.transact(waiting, outcomes)
		if errors.Is(err, errNotBegun) {
			finish(waiting, outcomes, err)
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
		if call.left {
			continue
		}
		alone := waiting[i : i+1]
		outcomes[i] = nil
		err := db.retry(context.Background(), func() error { _, err := db.transact(alone, outcomes[i:i+1]); return err })
		if err != nil && db.dialect.lost(err) && !errors.Is(err, errUnknown) {
			// The others would wait for it in vain, too, one after the other.
			finish(waiting[i:], outcomes[i:], err)
			return
		}
		finish(alone, outcomes[i:i+1], err)
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
func (db *DB) transact(calls []*txCall, outcomes []error) (done int, err error) {
	tx, ctx, end, err := db.begin(context.Background(), db.write, db.dialect.writing)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNotBegun, err)
	}
	defer end()
	wrote := false
	c := conn{db: db, tx: tx, stmts: db.writes, wrote: &wrote}
	if db.dialect.lockAccount != nil {
		if err := c.lock(ctx, calls[0].accountID); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	for i, call := range calls {
		if i > 0 && time.Since(began) > db.longest {
			break
		}
		done++
		before := wrote
		wrote = false
		call.turn <- turn{ctx, c}
		err := <-call.ran
		call.left = err == errLeft
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
	return done, db.commit(tx)
}

// lock keeps other transactions of the account waiting, wherever they run.
func (c conn) lock(ctx context.Context, accountID curfew.ID) error {
	rows, err := c.rows(ctx, c.db.dialect.lockAccount, accountID[:])
	if err != nil {
		return err
	}
	for rows.Next() { // none for an account that is about to be made
	}
	return errors.Join(rows.Err(), rows.Close())
}
