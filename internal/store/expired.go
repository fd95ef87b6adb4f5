package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// expiredIn holds for a session whose deadline passed in a time, and that
// nothing ended before. The idle deadline is never later than the absolute one.
const expiredIn = `s.idle_expires_at > $3 AND s.idle_expires_at <= $4 AND s.revoked_at IS NULL`

var (
	// No index leads to deadlines, which refreshes change: this reads the
	// sessions of the accounts that it looks at.
	accountsWithExpired = statement(`SELECT a.id, EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = a.id AND ` + expiredIn + `)
 FROM accounts a WHERE a.id > $1 ORDER BY a.id LIMIT $2`)
	selectExpired = statement(`SELECT ` + standingColumns + standingFrom + `
 AND s.idle_expires_at > $4 AND s.idle_expires_at <= $5 AND s.revoked_at IS NULL AND s.id > $2 ORDER BY s.id LIMIT $6`)
)

func (c conn) AccountsWithExpired(ctx context.Context, after *curfew.ID, since, by time.Time, limit int) (authority.Look, error) {
	return c.look(ctx, accountsWithExpired, after, limit, micros(since), micros(by))
}

func (c conn) Expired(ctx context.Context, accountID, after curfew.ID, since, by time.Time, limit int) (all []curfew.Standing, err error) {
	err = c.each(ctx, selectExpired, func(scan func(...any) error) error {
		st, err := scanStanding(scan)
		all = append(all, st)
		return err
	}, accountID[:], after[:], curfew.ZeroID[:], micros(since), micros(by), limit)
	return all, err
}
