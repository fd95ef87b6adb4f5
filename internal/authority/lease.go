package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Lease is a node's claim to work that one node does for all. It only saves
// work: a claim can lapse while its holder is held up, so all that is done
// under it must be safe when two nodes do it at once. One goroutine uses it.
type Lease struct {
	Store  Store
	Now    func() time.Time
	Name   string
	Holder curfew.ID
	// Term is how long a claim lasts. It is renewed when half of it is over,
	// so it may lapse unnoticed only where clocks differ by as much.
	Term time.Duration

	until time.Time // zero while not held, and when that is not known
}

// Hold takes the lease, or renews it where that is due, and reports whether it
// is held. When that cannot be found out it is not.
func (l *Lease) Hold(ctx context.Context) (held bool, err error) {
	now := l.Now()
	if now.Before(l.until.Add(-l.Term / 2)) {
		return true, nil
	}
	l.until = time.Time{}
	until := now.Add(l.Term)
	err = l.Store.InTx(ctx, l.Holder, func(ctx context.Context, tx Tx) (err error) {
		held, err = tx.TakeLease(ctx, l.Name, l.Holder, now, until)
		return err
	})
	if err != nil || !held {
		return false, err
	}
	l.until = until
	return true, nil
}

// Held reports whether the lease is held, without asking for it.
func (l *Lease) Held() bool { return l.Now().Before(l.until) }

// Release gives the lease back, so that the next node need not wait for its
// end.
func (l *Lease) Release(ctx context.Context) error {
	if l.until.IsZero() {
		return nil
	}
	l.until = time.Time{}
	return l.Store.InTx(ctx, l.Holder, func(ctx context.Context, tx Tx) error {
		return tx.ReleaseLease(ctx, l.Name, l.Holder)
	})
}

// Turn is asked before each chunk of background work. Its error ends the work
// there; what was not done is found again, or gone on with, the next time.
type Turn func(ctx context.Context) error

// always goes on at once.
func always(context.Context) error { return nil }

// forget drops what is needed no more in one transaction, and returns how much
// that was: for what is never much at a time.
func (a *Authority) forget(ctx context.Context, turn Turn, drop func(ctx context.Context, tx Tx) (int, error)) (forgotten int, err error) {
	if err := turn(ctx); err != nil {
		return 0, err
	}
	err = a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		forgotten, err = drop(ctx, tx)
		return err
	})
	return forgotten, err
}
