package authority

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// Limits are applied to the running sessions of an account in parts, so that a very
// large account holds nobody up and is done however long it takes. From the first
// transaction on they hold: it marks the account, and a session that was not treated
// yet is when it refreshes. All is judged as of that moment, so that what comes of it
// does not depend on how long it took.

const (
	// clampChunk is how many sessions one transaction looks at.
	clampChunk = 2000
	// clampDelay is how long the sweeper leaves to the request that began: longer
	// than any may take.
	clampDelay = 30 * time.Second
)

// finishClamp applies the limits that an account is marked with to all that are
// left, and returns how many sessions that ended. Two may be at it at once.
func (a *Authority) finishClamp(ctx context.Context, turn Turn, accountID curfew.ID) (ended int, err error) {
	var at curfew.Clamping
	var after curfew.ID
	for {
		if err := turn(ctx); err != nil {
			return ended, err
		}
		var done bool
		var now curfew.Clamping
		var part Clamped
		err := a.Store.InBulk(ctx, accountID, func(ctx context.Context, tx Tx) error {
			account, err := tx.Account(ctx, accountID)
			if err != nil {
				return err
			}
			from := after
			if now = account.Clamping; now != at {
				from = curfew.ID{} // others finished, and began again with other limits
			}
			if done = now.At.IsZero(); done {
				part = Clamped{}
				return nil
			}
			if part, err = tx.ClampSome(ctx, accountID, from, limitsOfClamping(now), account.ClampVersion, now.At, clampChunk); err != nil {
				return err
			}
			if err := logClamped(ctx, tx, now.At, accountID, part); err != nil {
				return err
			}
			if err := tellClamped(ctx, tx, now.At, accountID, part); err != nil {
				return err
			}
			if done = part.Last == nil; done {
				return tx.EndClamp(ctx, accountID)
			}
			return nil
		})
		if err != nil {
			return ended, err
		}
		if ended += len(part.Ended); done {
			return ended, nil
		}
		at, after = now, *part.Last
	}
}

func limitsOfClamping(c curfew.Clamping) policy.Effective {
	return policy.Effective{IdleMinutes: c.IdleMinutes, AbsoluteMinutes: c.AbsoluteMinutes}
}

// finishClamps goes on where those who began did not come to the end.
func (a *Authority) finishClamps(ctx context.Context, turn Turn, now time.Time) (ended int, err error) {
	var accounts []curfew.ID
	if err := a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		accounts, err = r.ClampingAccounts(ctx, now.Add(-clampDelay))
		return err
	}); err != nil {
		return 0, err
	}
	for _, id := range accounts {
		n, err := a.finishClamp(ctx, turn, id)
		if ended += n; err != nil {
			return ended, err
		}
	}
	return ended, nil
}
