package authority

import (
	"context"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// Bounds are what an account's owner may choose from.
type Bounds struct {
	// Own are the account's; Effective what they make of the operator's.
	Own       policy.AccountBounds
	Effective policy.Bounds
	Version   int64
}

// SetBounds changes what an account's owner may choose from.
type SetBounds struct {
	Change policy.BoundsChange
	// IfVersion, when not nil, is the version that the caller saw.
	IfVersion *int64
}

// AccountBounds gives a service the bounds of an account.
func (a *Authority) AccountBounds(ctx context.Context, actor curfew.Actor) (b Bounds, err error) {
	if err := serviceOnly(actor); err != nil {
		return b, err
	}
	err = a.Store.View(ctx, func(ctx context.Context, r Reader) error {
		account, err := r.Account(ctx, actor.AccountID)
		b = a.boundsView(account)
		return err
	})
	return b, err
}

func (a *Authority) boundsView(account curfew.Account) Bounds {
	return Bounds{Own: policy.AccountBounds(account.Bounds), Effective: a.boundsOf(account), Version: account.BoundsVersion}
}

// SetAccountBounds changes the bounds of an account for a service. What the
// owner has set stays stored, and counts as the nearest bound from the next
// sign-in on; running sessions are untouched.
func (a *Authority) SetAccountBounds(ctx context.Context, actor curfew.Actor, from curfew.Origin, in SetBounds) (b Bounds, err error) {
	if err := serviceOnly(actor); err != nil {
		return b, err
	}
	now := a.now()
	err = a.Store.InTx(ctx, actor.AccountID, func(ctx context.Context, tx Tx) error {
		account, err := tx.Account(ctx, actor.AccountID)
		if err != nil {
			return err
		}
		before := policy.AccountBounds(account.Bounds)
		var f fields
		f.broken(a.Bounds.CheckBounds(before, in.Change))
		if err := f.err(); err != nil {
			return err
		}
		if err := stale(in.IfVersion, account.BoundsVersion); err != nil {
			return err
		}
		after := in.Change.Apply(before)
		if after.Equal(before) {
			b = a.boundsView(account)
			return nil
		}
		if err := tx.SetBounds(ctx, account.ID, after); err != nil {
			return err
		}
		if account, err = tx.Account(ctx, account.ID); err != nil {
			return err
		}
		b = a.boundsView(account)
		return write(ctx, tx, from, now, event{account: account.ID, action: audit.AccountBoundsUpdate, actor: by(actor),
			resource: "account", id: account.ID, details: detail("old", before).Set("new", after)})
	})
	return b, err
}

// serviceOnly refuses whoever is no service: nobody widens the bounds that they
// choose within themselves.
func serviceOnly(actor curfew.Actor) error {
	if actor.Type != curfew.ActorService {
		return forbidden()
	}
	return nil
}
