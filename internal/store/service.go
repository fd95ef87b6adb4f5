package store

import (
	"context"
	"time"

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

var selectAccountAndUserOf = statement(`SELECT ` + accountColumns + `, ` + userColumns + ` FROM users u JOIN accounts a ON a.id = $1
 WHERE u.account_id = $1 AND u.external_id = $2`)

func (c conn) AccountAndUserOf(ctx context.Context, accountID curfew.ID, externalID string) (curfew.Account, curfew.User, error) {
	switch u, known := c.personLooked(accountID, externalID); {
	case u != nil:
		a, err := c.Account(ctx, accountID)
		return a, *u, err
	case known:
		return curfew.Account{}, curfew.User{}, curfew.ErrNotFound
	}
	type both struct {
		account curfew.Account
		user    curfew.User
	}
	b, err := one(c.row(ctx, selectAccountAndUserOf, accountID[:], externalID), func(scan func(...any) error) (b both, err error) {
		err = scan(append(scanAccountInto(&b.account), scanUserInto(&b.user)...)...)
		return b, err
	})
	return b.account, b.user, err
}

const (
	repeatableColumns = `i.id, i.body_hash, i.account_id, i.session_id, i.made_at`
	claimInto         = `INSERT INTO idempotency_keys (id, body_hash, account_id, session_id, made_at)`
	// A start of long ago gives its name to another.
	claimUnless = `
 ON CONFLICT (id) DO UPDATE SET body_hash = excluded.body_hash, account_id = excluded.account_id, session_id = excluded.session_id,
 made_at = excluded.made_at WHERE idempotency_keys.made_at <= $6`
)

var (
	selectRepeatable  = statement(`SELECT ` + repeatableColumns + ` FROM idempotency_keys i WHERE i.id = $1`)
	claimRepeatable   = statement(claimInto + ` VALUES ($1, $2, $3, $4, $5)` + claimUnless)
	oldRepeatables    = statement(`SELECT made_at FROM idempotency_keys WHERE made_at <= $1 ORDER BY made_at LIMIT $2`)
	forgetRepeatables = statement(`DELETE FROM idempotency_keys WHERE made_at <= $1`)
	renewSecret       = statement(`UPDATE sessions SET secret_hash = $3, rotated_at = $4
 WHERE account_id = $1 AND id = $2 AND generation = 1 AND revoked_at IS NULL`)
)

func (c conn) Repeatable(ctx context.Context, id [32]byte) (curfew.Repeatable, error) {
	switch r, known := c.repeatLooked(id); {
	case r != nil:
		return *r, nil
	case known:
		return curfew.Repeatable{}, curfew.ErrNotFound
	}
	return one(c.row(ctx, selectRepeatable, id[:]), scanRepeatable)
}

func (c conn) ClaimRepeatable(ctx context.Context, r curfew.Repeatable, after time.Time) (bool, error) {
	if c.claimLater(r, after) {
		return true, nil
	}
	n, err := c.exec(ctx, claimRepeatable, r.ID[:], r.BodyHash[:], r.AccountID[:], r.SessionID[:], micros(r.MadeAt), micros(after))
	return n > 0, err
}

func (c conn) OldRepeatables(ctx context.Context, before time.Time, limit int) (by time.Time, err error) {
	err = c.each(ctx, oldRepeatables, func(scan func(...any) error) error { return scan(timeInto{&by}) }, micros(before), limit)
	return by, err
}

func (c conn) ForgetRepeatables(ctx context.Context, by time.Time) (int, error) {
	n, err := c.exec(ctx, forgetRepeatables, micros(by))
	return int(n), err
}

func (c conn) RenewSecret(ctx context.Context, accountID, id curfew.ID, hash [32]byte, now time.Time) (bool, error) {
	n, err := c.exec(ctx, renewSecret, accountID[:], id[:], hash[:], micros(now))
	return n > 0, err
}
