package store

import (
	"context"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Accounts and people by the ids that a product has for them.

var (
	selectAccountOf = statement(`SELECT account_id FROM account_external_ids WHERE external_id = $1`)
	claimAccount    = statement(`INSERT INTO account_external_ids (external_id, account_id) VALUES ($1, $2) ON CONFLICT (external_id) DO NOTHING`)
	selectUserOf    = statement(`SELECT ` + userColumns + ` FROM users u WHERE u.account_id = $1 AND u.external_id = $2`)
	setUserDetails  = statement(`UPDATE users SET name = $3, sort_name = $4, email = $5, version = version + 1 WHERE account_id = $1 AND id = $2`)
)

func (c conn) AccountOf(ctx context.Context, externalID string) (curfew.ID, error) {
	return one(c.row(ctx, selectAccountOf, externalID), func(scan func(...any) error) (id curfew.ID, err error) {
		err = scan(idInto{&id})
		return id, err
	})
}

func (c conn) UserOf(ctx context.Context, accountID curfew.ID, externalID string) (curfew.User, error) {
	return one(c.row(ctx, selectUserOf, accountID[:], externalID), scanUser)
}

func (c conn) ClaimAccount(ctx context.Context, externalID string, accountID curfew.ID) (bool, error) {
	n, err := c.exec(ctx, claimAccount, externalID, accountID[:])
	return n > 0, err
}

func (c conn) SetUserDetails(ctx context.Context, accountID, id curfew.ID, name, email string) error {
	_, err := c.exec(ctx, setUserDetails, accountID[:], id[:], name, sortName(name), email)
	return err
}
