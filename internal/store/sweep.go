package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Sweeping only tidies: every read of "active" applies the full rule, so
// nothing waits for it.

const firstRaise = `e.account_id = $1 AND ((e.user_id = $2 AND e.epoch > sessions.account_epoch)
 OR (e.user_id = sessions.user_id AND e.epoch > sessions.user_epoch)) ORDER BY e.raised_at, e.user_id LIMIT 1`

var (
	// A session that had expired before the raise is stamped too; its end stays
	// the deadline, which was earlier.
	sweepSessions = statement(`UPDATE sessions SET
 revoked_at = (SELECT e.raised_at FROM epochs e WHERE ` + firstRaise + `),
 revoke_reason = (SELECT e.reason FROM epochs e WHERE ` + firstRaise + `)
 WHERE account_id = $1 AND id IN (SELECT s.id FROM sessions s
  JOIN users u ON u.account_id = $1 AND u.id = s.user_id
  JOIN accounts a ON a.id = $1
  WHERE s.account_id = $1 AND s.revoked_at IS NULL
  AND (s.account_epoch < a.session_epoch OR s.user_epoch < u.session_epoch)
  AND EXISTS (SELECT 1 FROM epochs e WHERE e.account_id = $1 AND ((e.user_id = $2 AND e.epoch > s.account_epoch)
   OR (e.user_id = s.user_id AND e.epoch > s.user_epoch)))
  LIMIT $3)`)

	// The sweeper's search for what to do goes over all accounts.
	raisedAccounts = statement(`SELECT DISTINCT account_id FROM epochs`)

	sweepEpochs = statement(`DELETE FROM epochs WHERE account_id = $1 AND raised_at < $2 AND NOT EXISTS (
 SELECT 1 FROM sessions s WHERE s.account_id = $1 AND s.revoked_at IS NULL
 AND ((epochs.user_id = $3 AND s.account_epoch < epochs.epoch) OR (epochs.user_id = s.user_id AND s.user_epoch < epochs.epoch)))`)
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

func (c conn) SweepSessions(ctx context.Context, accountID curfew.ID, limit int) (int, error) {
	n, err := c.exec(ctx, sweepSessions, accountID[:], curfew.ZeroID[:], limit)
	return int(n), err
}

func (c conn) SweepEpochs(ctx context.Context, accountID curfew.ID, before time.Time) error {
	_, err := c.exec(ctx, sweepEpochs, accountID[:], micros(before), curfew.ZeroID[:])
	return err
}

func (c conn) ForgetThrottles(ctx context.Context, before time.Time) error {
	_, err := c.exec(ctx, deleteThrottles, micros(before))
	return err
}
