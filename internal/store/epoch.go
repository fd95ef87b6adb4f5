package store

import (
	"cmp"
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

var (
	raiseAccount = statement(`UPDATE accounts SET session_epoch = session_epoch + 1 WHERE id = $1 RETURNING session_epoch`)
	raiseUser    = statement(`UPDATE users SET session_epoch = session_epoch + 1 WHERE account_id = $1 AND id = $2 RETURNING session_epoch`)
	insertEpoch  = statement(`INSERT INTO epochs (account_id, user_id, epoch, raised_at, reason, actor_type, actor_id)
 VALUES ($1, $2, $3, $4, $5, $6, $7)`)
)

func (c conn) RaiseAccountEpoch(ctx context.Context, accountID curfew.ID, by authority.Raising) (epoch int64, err error) {
	if err := c.row(ctx, raiseAccount, accountID[:]).Scan(&epoch); err != nil {
		return 0, err
	}
	return epoch, c.recordEpoch(ctx, accountID, curfew.ZeroID, epoch, by)
}

func (c conn) RaiseUserEpoch(ctx context.Context, accountID, userID curfew.ID, by authority.Raising) (epoch int64, err error) {
	if err := c.row(ctx, raiseUser, accountID[:], userID[:]).Scan(&epoch); err != nil {
		return 0, err
	}
	return epoch, c.recordEpoch(ctx, accountID, userID, epoch, by)
}

func (c conn) recordEpoch(ctx context.Context, accountID, userID curfew.ID, epoch int64, by authority.Raising) error {
	_, err := c.exec(ctx, insertEpoch, accountID[:], userID[:], epoch, micros(by.At), string(by.Reason),
		string(by.Actor.Type), optionalID(cmp.Or(by.Actor.ServiceKeyID, by.Actor.UserID)))
	return err
}

// A session was alive under the account epoch before ($2 now, $3 the new
// epoch), or under the user epoch before.
const (
	aliveBeforeAccount = `(account_epoch = CAST($3 AS bigint) - 1 AND ` + unended + ` AND ` + userCurrent + `)`
	aliveBeforeUser    = `(user_epoch = CAST($3 AS bigint) - 1 AND ` + unended + ` AND ` + accountCurrent + `)`
)

var (
	liftAccount = statement(`UPDATE sessions SET account_epoch = $3
 WHERE account_id = $1 AND user_id = $4 AND id IN (SELECT k.id FROM sessions k WHERE k.user_id = $4 AND k.account_id = $1) AND ` + aliveBeforeAccount + ` RETURNING id`)
	liftUser = statement(`UPDATE sessions SET user_epoch = $3
 WHERE account_id = $1 AND user_id = $4 AND id = $5 AND ` + aliveBeforeUser)
	// Few people have had an epoch of their own raised: what those lost is
	// taken off, rather than looking at the person of every session.
	countBelowAccount = statement(`SELECT count(*) - (SELECT count(*) FROM users u CROSS JOIN sessions k CROSS JOIN sessions s
  WHERE u.account_id = $1 AND u.session_epoch > 0 AND k.user_id = u.id AND k.account_id = $1 AND s.account_id = $1 AND s.id = k.id AND s.user_epoch < u.session_epoch
  AND s.account_epoch = CAST($3 AS bigint) - 1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.absolute_expires_at > $2)
 FROM sessions WHERE account_id = $1 AND account_epoch = CAST($3 AS bigint) - 1 AND ` + unended)
	countBelowUser = statement(`SELECT count(*) FROM sessions WHERE account_id = $1 AND user_id = $4
 AND id IN (SELECT k.id FROM sessions k WHERE k.user_id = $4 AND k.account_id = $1) AND ` + aliveBeforeUser)
)

func (c conn) LiftAccountEpoch(ctx context.Context, accountID, userID curfew.ID, epoch int64, now time.Time) (lifted []curfew.ID, err error) {
	err = c.each(ctx, liftAccount, func(scan func(...any) error) error {
		var id curfew.ID
		err := scan(idInto{&id})
		lifted = append(lifted, id)
		return err
	}, accountID[:], now.UnixMicro(), epoch, userID[:])
	return lifted, err
}

func (c conn) LiftUserEpoch(ctx context.Context, accountID, userID, sessionID curfew.ID, epoch int64, now time.Time) (bool, error) {
	n, err := c.exec(ctx, liftUser, accountID[:], now.UnixMicro(), epoch, userID[:], sessionID[:])
	return n > 0, err
}

func (c conn) CountBelowAccountEpoch(ctx context.Context, accountID curfew.ID, epoch int64, now time.Time) (n int, err error) {
	err = c.row(ctx, countBelowAccount, accountID[:], now.UnixMicro(), epoch).Scan(&n)
	return n, err
}

func (c conn) CountBelowUserEpoch(ctx context.Context, accountID, userID curfew.ID, epoch int64, now time.Time) (n int, err error) {
	err = c.row(ctx, countBelowUser, accountID[:], now.UnixMicro(), epoch, userID[:]).Scan(&n)
	return n, err
}

var (
	raiseAccountTo = statement(`UPDATE accounts SET session_epoch = $2 WHERE id = $1 AND session_epoch < $2`)
	raiseUserTo    = statement(`UPDATE users SET session_epoch = $3 WHERE account_id = $1 AND id = $2 AND session_epoch < $3`)
)

func (c conn) RaiseAccountEpochTo(ctx context.Context, accountID curfew.ID, epoch int64, by authority.Raising) (bool, error) {
	n, err := c.exec(ctx, raiseAccountTo, accountID[:], epoch)
	if err != nil || n == 0 {
		return false, err
	}
	return true, c.recordEpoch(ctx, accountID, curfew.ZeroID, epoch, by)
}

func (c conn) RaiseUserEpochTo(ctx context.Context, accountID, userID curfew.ID, epoch int64, by authority.Raising) (bool, error) {
	n, err := c.exec(ctx, raiseUserTo, accountID[:], userID[:], epoch)
	if err != nil || n == 0 {
		return false, err
	}
	return true, c.recordEpoch(ctx, accountID, userID, epoch, by)
}
