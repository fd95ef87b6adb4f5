package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Sweeping only tidies: every read of "active" applies the full rule, so
// nothing waits for it, and it must hold nobody up. What to stamp is found by
// reading; what is written goes by key, and each raise is worked through once.

var (
	// The sweeper's search for what to do goes over all accounts.
	raisedAccounts = statement(`SELECT DISTINCT account_id FROM epochs WHERE swept_at IS NULL`)

	// Also one that was revoked by itself, but after the raise as the clock of
	// whoever raised goes: its end is the raise.
	selectUnstamped = statement(`SELECT ` + standingColumns + standingFrom + `
 AND (s.account_epoch < a.session_epoch OR s.user_epoch < u.session_epoch)
 AND (s.revoked_at IS NULL OR (SELECT e.raised_at` + firstAccountRaise + `) < s.revoked_at
  OR (SELECT e.raised_at` + firstUserRaise + `) < s.revoked_at)
 AND s.id > $2 ORDER BY s.id LIMIT $4`)
	stampSession = statement(`UPDATE sessions SET revoked_at = $3, revoke_reason = $4
 WHERE account_id = $1 AND id = $2 AND (revoked_at IS NULL OR revoked_at > $3)`)

	markSwept    = statement(`UPDATE epochs SET swept_at = $3 WHERE account_id = $1 AND swept_at IS NULL AND raised_at < $2`)
	forgetEpochs = statement(`DELETE FROM epochs WHERE swept_at < $1`)
)

func (c conn) RaisedAccounts(ctx context.Context) (ids []curfew.ID, err error) {
	err = c.each(ctx, raisedAccounts, func(scan func(...any) error) error {
		var id curfew.ID
		err := scan(idInto{&id})
		ids = append(ids, id)
		return err
	})
	return ids, err
}

func (c conn) Unstamped(ctx context.Context, accountID, after curfew.ID, limit int) (dead []curfew.Standing, err error) {
	err = c.each(ctx, selectUnstamped, func(scan func(...any) error) error {
		st, err := scanStanding(scan)
		dead = append(dead, st)
		return err
	}, accountID[:], after[:], curfew.ZeroID[:], limit)
	return dead, err
}

func (c conn) StampSession(ctx context.Context, accountID, id curfew.ID, raise curfew.Raise) error {
	_, err := c.exec(ctx, stampSession, accountID[:], id[:], micros(raise.At), string(raise.Reason))
	return err
}

func (c conn) MarkSwept(ctx context.Context, accountID curfew.ID, before, now time.Time) error {
	_, err := c.exec(ctx, markSwept, accountID[:], micros(before), micros(now))
	return err
}

func (c conn) ForgetEpochs(ctx context.Context, before time.Time) error {
	_, err := c.exec(ctx, forgetEpochs, micros(before))
	return err
}
