package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const portalColumns = `account_id, id, user_id, secret_hash, created_at, expires_at, account_epoch, user_epoch, page, return_url, tied_to, session_id`

func scanPortal(scan func(...any) error) (l curfew.PortalLink, err error) {
	err = scan(idInto{&l.AccountID}, idInto{&l.ID}, idInto{&l.UserID}, hashInto{&l.SecretHash}, timeInto{&l.CreatedAt}, timeInto{&l.ExpiresAt},
		&l.AccountEpoch, &l.UserEpoch, &l.Page, &l.ReturnURL, idInto{&l.TiedTo}, idInto{&l.SessionID})
	return l, err
}

var (
	selectPortal = statement(`SELECT ` + portalColumns + ` FROM portal_links WHERE account_id = $1 AND id = $2`)
	insertPortal = statement(`INSERT INTO portal_links (account_id, id, user_id, secret_hash, created_at, expires_at, account_epoch, user_epoch,
 page, return_url, tied_to, kept_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $6)`)
	spendPortal = statement(`UPDATE portal_links SET session_id = $3, kept_until = $4
 WHERE account_id = $1 AND id = $2 AND session_id IS NULL AND expires_at > $5`)
	selectTied = statement(`SELECT session_id FROM portal_links WHERE account_id = $1 AND tied_to = $2 AND session_id IS NOT NULL`)
	// For many, where they are looked at together.
	selectTiedMany = &query{text: `SELECT account_id, tied_to, session_id
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bytea[])) AS v (p1, p2), portal_links
 WHERE account_id = v.p1 AND tied_to = v.p2 AND session_id IS NOT NULL`}
	portalWaits = statement(`SELECT EXISTS (SELECT 1 FROM portal_links
 WHERE account_id = $1 AND user_id = $2 AND session_id IS NULL AND expires_at > $3)`)
	portalOfOthersWaits = statement(`SELECT EXISTS (SELECT 1 FROM portal_links
 WHERE account_id = $1 AND user_id <> $2 AND session_id IS NULL AND expires_at > $3)`)
	forgetPortals = statement(`DELETE FROM portal_links WHERE kept_until <= $1`)
)

func (c conn) PortalLink(ctx context.Context, accountID, id curfew.ID) (curfew.PortalLink, error) {
	return one(c.row(ctx, selectPortal, accountID[:], id[:]), scanPortal)
}

func (c conn) InsertPortalLink(ctx context.Context, l curfew.PortalLink) error {
	_, err := c.exec(ctx, insertPortal, l.AccountID[:], l.ID[:], l.UserID[:], l.SecretHash[:], micros(l.CreatedAt), micros(l.ExpiresAt),
		l.AccountEpoch, l.UserEpoch, l.Page, l.ReturnURL, optionalID(l.TiedTo))
	return err
}

func (c conn) SpendPortalLink(ctx context.Context, accountID, id, sessionID curfew.ID, keptUntil, now time.Time) (bool, error) {
	n, err := c.exec(ctx, spendPortal, accountID[:], id[:], sessionID[:], micros(keptUntil), micros(now))
	return n > 0, err
}

func (c conn) Tied(ctx context.Context, accountID, id curfew.ID) (tied []curfew.ID, err error) {
	if c.later != nil {
		if tied, known := c.later.tied[sessionKey{accountID, id}]; known {
			return tied, nil
		}
	}
	err = c.each(ctx, selectTied, func(scan func(...any) error) error {
		var id curfew.ID
		err := scan(idInto{&id})
		tied = append(tied, id)
		return err
	}, accountID[:], id[:])
	return tied, err
}

func (c conn) PortalWaits(ctx context.Context, accountID, userID curfew.ID, others bool, now time.Time) (waits bool, err error) {
	q := portalWaits
	if others {
		q = portalOfOthersWaits
	}
	err = c.row(ctx, q, accountID[:], userID[:], micros(now)).Scan(&waits)
	return waits, err
}

func (c conn) ForgetPortalLinks(ctx context.Context, by time.Time) (int, error) {
	n, err := c.exec(ctx, forgetPortals, micros(by))
	return int(n), err
}
