package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// sweepChunk is how many sessions one transaction of the sweeper stamps.
	sweepChunk = 500
	// sweepDelay leaves a raise alone until every statement that began before
	// it has ended.
	sweepDelay = time.Minute
	// epochMemory is how long the reason of a raised epoch is kept at least.
	epochMemory = time.Hour
)

// Sweep stamps sessions that a raised epoch ended with the time and reason of
// their end, a few at a time, then forgets what is needed no more. Nothing
// waits for it. It returns how many sessions it stamped.
func (a *Authority) Sweep(ctx context.Context) (stamped int, err error) {
	var accounts []curfew.ID
	now := a.now()
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		accounts, err = r.RaisedAccounts(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range accounts {
		n, err := a.sweepAccount(ctx, id, now)
		stamped += n
		if err != nil {
			return stamped, err
		}
	}
	return stamped, a.Store.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if err := tx.ForgetEpochs(ctx, now.Add(-epochMemory)); err != nil {
			return err
		}
		return tx.ForgetThrottles(ctx, now)
	})
}

// sweepAccount stamps all dead sessions of an account, and then takes its
// raises as worked through.
func (a *Authority) sweepAccount(ctx context.Context, id curfew.ID, now time.Time) (stamped int, err error) {
	var last curfew.ID
	for {
		var dead []curfew.Standing
		if err := a.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			dead, err = r.Unstamped(ctx, id, last, sweepChunk)
			return err
		}); err != nil {
			return stamped, err
		}
		if len(dead) == 0 {
			break
		}
		last = dead[len(dead)-1].Session.ID
		if err := a.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error { return stamp(ctx, tx, dead) }); err != nil {
			return stamped, err
		}
		stamped += len(dead)
	}
	return stamped, a.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error {
		return tx.MarkSwept(ctx, id, now.Add(-sweepDelay), now)
	})
}

// stamp marks sessions with the raise that ended them. One that had expired
// before keeps its deadline as its end, which is earlier than the mark.
func stamp(ctx context.Context, tx Tx, dead []curfew.Standing) error {
	for _, st := range dead {
		raise, known := st.FirstRaise()
		if !known {
			continue // its reason is lost; it is over all the same
		}
		if err := tx.StampSession(ctx, st.Session.AccountID, st.Session.ID, raise); err != nil {
			return err
		}
	}
	return nil
}
