package authority

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// system is the actor of what Curfew does by itself in an account.
func system(accountID curfew.ID) curfew.Actor {
	return curfew.Actor{Type: curfew.ActorSystem, AccountID: accountID}
}

// Reassert ends again what was ended, in a database that has lost it though it
// had acknowledged it, and logs it anew. Epochs become at least what they were.
// What the database knows nothing of has lost its beginning too, and is only
// logged. It may be repeated, also by several nodes.
func (a *Authority) Reassert(ctx context.Context, lost []curfew.Revocation) error {
	byAccount := slices.SortedStableFunc(slices.Values(lost), func(x, y curfew.Revocation) int {
		return bytes.Compare(x.AccountID[:], y.AccountID[:])
	})
	for len(byAccount) > 0 {
		id := byAccount[0].AccountID
		n := 1
		for n < len(byAccount) && byAccount[n].AccountID == id {
			n++
		}
		some := byAccount[:n]
		byAccount = byAccount[n:]
		err := a.Store.InBulk(ctx, id, func(ctx context.Context, tx Tx) error {
			now := a.now()
			for _, r := range some {
				if err := reassert(ctx, tx, r, now); err != nil {
					return err
				}
			}
			return tx.Log(ctx, slices.Clone(some)...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reassert ends again what one entry speaks of, as far as it exists.
func reassert(ctx context.Context, tx Tx, r curfew.Revocation, now time.Time) (err error) {
	actor := system(r.AccountID)
	raising := Raising{At: now, Reason: curfew.ReasonOperator, Actor: actor}
	e := event{account: r.AccountID, action: audit.SessionRevoke, actor: by(actor), details: detail("reason", string(curfew.ReasonOperator))}
	changed := false
	switch {
	case r.AccountID.IsZero(): // it is about tokens alone
	case r.Epoch > 0 && !r.UserID.IsZero():
		e.action, e.resource, e.id, e.details = audit.UserSessionsRevoked, "user", r.UserID, nil
		changed, err = tx.RaiseUserEpochTo(ctx, r.AccountID, r.UserID, r.Epoch, raising)
	case r.Epoch > 0:
		e.resource, e.id, e.details = "account", r.AccountID, detail("scope", "all")
		changed, err = tx.RaiseAccountEpochTo(ctx, r.AccountID, r.Epoch, raising)
	case !r.SessionID.IsZero():
		e.resource, e.id = "session", r.SessionID
		changed, err = tx.RevokeSession(ctx, r.AccountID, r.SessionID, curfew.ReasonOperator, now)
	}
	if err != nil || !changed {
		return err
	}
	if err := write(ctx, tx, curfew.Origin{}, now, e); err != nil {
		return err
	}
	if r.Epoch > 0 {
		return tellRevoked(ctx, tx, r, curfew.ReasonOperator, 0, now)
	}
	st, err := tx.SessionStanding(ctx, r.AccountID, r.SessionID)
	if err != nil {
		return err
	}
	return tellEnded(ctx, tx, r.AccountID, st.User.ID, r.SessionID, curfew.ReasonOperator, now)
}
