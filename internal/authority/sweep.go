package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// sweepChunk is how many sessions one transaction of the sweeper stamps.
	sweepChunk = 500
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
	for _, id := range accounts {
		for n := sweepChunk; err == nil && n == sweepChunk; stamped += n {
			err = a.Store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
				n, err = tx.SweepSessions(ctx, id, sweepChunk)
				return err
			})
		}
		if err != nil {
			return stamped, err
		}
		if err = a.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			return tx.SweepEpochs(ctx, id, now.Add(-epochMemory))
		}); err != nil {
			return stamped, err
		}
	}
	if err != nil {
		return stamped, err
	}
	return stamped, a.Store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.ForgetThrottles(ctx, now) })
}
