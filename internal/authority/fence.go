package authority

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const (
	// fenceStep is by how much a fence raises an account's epoch: more than
	// the lost history of a database that went back in time ever raised it.
	fenceStep = 1 << 20
	// greatestEpoch is what no epoch reaches: programs in other languages keep
	// numbers below it exactly.
	greatestEpoch = 1 << 53
	// fenceTogether is how many accounts are fenced at once.
	fenceTogether = 64
)

// Fencing ends everything that an installation ever granted: for a database
// that is older than what was granted, because it was restored or copied. No
// server runs on it meanwhile.
type Fencing struct {
	Store Store
	Clock *Clock
	// At is the time at which the sessions end. A fence that did not come to
	// its end goes on with the same.
	At time.Time
	// Latest is the latest time that the clock of a node of before may have
	// shown by now: a token may say that it was made then.
	Latest func() time.Time
	// Cause goes to the audit log.
	Cause string
	// Progress is told how many of all accounts are done.
	Progress func(done, all int64)
}

// Check refuses an installation whose epochs have no room left.
func (f Fencing) Check(ctx context.Context) error {
	return f.Store.View(ctx, func(ctx context.Context, r Reader) error {
		epoch, err := r.GreatestEpoch(ctx)
		if err == nil && epoch >= greatestEpoch-2*fenceStep {
			err = curfew.NewError(curfew.KindInvalidRequest,
				"an account's session epoch is so high that it cannot be raised any more: nothing but a change past Curfew makes it so; put back a backup of before")
		}
		return err
	})
}

// Run ends the sessions of every account, by raising its epoch, and spends the
// links to new passwords that are under way; then it tells verifiers to refuse
// every access token of before the time that it returns. It may be run again.
func (f Fencing) Run(ctx context.Context) (accounts int64, mintedBefore time.Time, err error) {
	all := int64(0)
	if err := f.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		all, err = r.CountAccounts(ctx)
		return err
	}); err != nil {
		return 0, mintedBefore, err
	}
	for after := curfew.ZeroID; ; {
		var ids []curfew.ID
		if err := f.Store.View(ctx, func(ctx context.Context, r Reader) (err error) {
			ids, err = r.AccountIDs(ctx, after, fenceTogether)
			return err
		}); err != nil {
			return accounts, mintedBefore, err
		}
		if len(ids) == 0 {
			break
		}
		if err := f.accounts(ctx, ids); err != nil {
			return accounts, mintedBefore, err
		}
		accounts += int64(len(ids))
		after = ids[len(ids)-1]
		f.Progress(accounts, max(all, accounts))
	}
	// Tokens name whole seconds. No node's time is below what another left in
	// the store, so none mints a token in the second that is cut off.
	f.Clock.Raise(f.Latest())
	mintedBefore = f.Clock.Now().Add(time.Second - 1).Truncate(time.Second)
	f.Clock.Raise(mintedBefore)
	return accounts, mintedBefore, f.end(ctx, accounts, mintedBefore)
}

// accounts fences some accounts, which are committed together where the engine
// does that.
func (f Fencing) accounts(ctx context.Context, ids []curfew.ID) error {
	errs := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { errs[i] = f.account(ctx, id) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f Fencing) account(ctx context.Context, id curfew.ID) error {
	actor := operator(id)
	return f.Store.InTx(ctx, id, func(ctx context.Context, tx Tx) error {
		fenced, err := tx.FenceAccount(ctx, id, fenceStep, Raising{At: f.At, Reason: curfew.ReasonOperator, Actor: actor})
		if err != nil || !fenced {
			return err
		}
		now := f.Clock.Now()
		if err := write(ctx, tx, curfew.Origin{}, now, event{account: id, action: audit.SessionRevoke, actor: by(actor),
			resource: "account", id: id, details: detail("scope", "all").Set("cause", f.Cause)}); err != nil {
			return err
		}
		account, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		return tellRevoked(ctx, tx, curfew.Revocation{AccountID: id, Epoch: account.SessionEpoch}, curfew.ReasonOperator, 0, now)
	})
}

// end writes what is of the installation.
func (f Fencing) end(ctx context.Context, accounts int64, mintedBefore time.Time) error {
	return f.Store.InLog(ctx, curfew.ZeroID, func(ctx context.Context, tx Tx) error {
		if err := tx.Log(ctx, curfew.Revocation{MintedBefore: mintedBefore}); err != nil {
			return err
		}
		return write(ctx, tx, curfew.Origin{}, mintedBefore, event{account: curfew.ZeroID, action: audit.SessionRevoke, actor: by(operator(curfew.ZeroID)),
			resource: "account", details: detail("scope", "all").Set("cause", f.Cause).Set("accounts", accounts).Set("minted_before", mintedBefore)})
	})
}
