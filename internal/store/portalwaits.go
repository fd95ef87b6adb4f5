package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

var (
	portalWaits = statement(`SELECT EXISTS (SELECT 1 FROM portal_links
 WHERE account_id = $1 AND user_id = $2 AND session_id IS NULL AND expires_at > $3)`)
	portalOfOthersWaits = statement(`SELECT EXISTS (SELECT 1 FROM portal_links
 WHERE account_id = $1 AND user_id <> $2 AND session_id IS NULL AND expires_at > $3)`)
)

func (c conn) PortalWaits(ctx context.Context, accountID, userID curfew.ID, others bool, now time.Time) (waits bool, err error) {
	q := portalWaits
	if others {
		q = portalOfOthersWaits
	}
	err = c.row(ctx, q, accountID[:], userID[:], micros(now)).Scan(&waits)
	return waits, err
}
