package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

const resetColumns = `account_id, user_id, secret_hash, created_at, created_by, expires_at, used_at, user_epoch`

func scanReset(scan func(...any) error) (r curfew.Reset, err error) {
	err = scan(idInto{&r.AccountID}, idInto{&r.UserID}, hashInto{&r.SecretHash}, timeInto{&r.CreatedAt},
		idInto{&r.CreatedBy}, timeInto{&r.ExpiresAt}, timeInto{&r.UsedAt}, &r.UserEpoch)
	return r, err
}

// A link works while nothing but its own use has raised the person's epoch
// since it was made, for a person who may sign in by password; and one that an
// owner has made, while that owner still is one.
const (
	resetStands = `EXISTS (SELECT 1 FROM users u WHERE u.account_id = $1 AND u.id = $2
 AND u.session_epoch = reset_tokens.user_epoch + 1 AND u.disabled_at IS NULL AND u.password_hash <> '')`
	resetMakerStands = `(created_by IS NULL OR EXISTS (SELECT 1 FROM users m WHERE m.account_id = $1 AND m.id = reset_tokens.created_by
 AND m.role = 'owner' AND m.disabled_at IS NULL))`
)

var (
	selectReset = statement(`SELECT ` + resetColumns + ` FROM reset_tokens WHERE account_id = $1 AND user_id = $2`)
	insertReset = statement(`INSERT INTO reset_tokens (account_id, user_id, secret_hash, created_at, created_by, expires_at, used_at, user_epoch)
 VALUES ($1, $2, $3, $4, $5, $6, NULL, $7)
 ON CONFLICT (account_id, user_id) DO UPDATE SET secret_hash = excluded.secret_hash, created_at = excluded.created_at,
 created_by = excluded.created_by, expires_at = excluded.expires_at, used_at = NULL, user_epoch = excluded.user_epoch`)
	spendReset = statement(`UPDATE reset_tokens SET used_at = $4
 WHERE account_id = $1 AND user_id = $2 AND secret_hash = $3 AND used_at IS NULL AND expires_at > $4
 AND ` + resetStands + ` AND ` + resetMakerStands)
)

func (c conn) Reset(ctx context.Context, accountID, userID curfew.ID) (curfew.Reset, error) {
	return one(c.row(ctx, selectReset, accountID[:], userID[:]), scanReset)
}

func (c conn) InsertReset(ctx context.Context, r curfew.Reset) error {
	_, err := c.exec(ctx, insertReset, r.AccountID[:], r.UserID[:], r.SecretHash[:], micros(r.CreatedAt), optionalID(r.CreatedBy),
		micros(r.ExpiresAt), r.UserEpoch)
	return err
}

func (c conn) SpendReset(ctx context.Context, accountID, userID curfew.ID, hash [32]byte, now time.Time) (bool, error) {
	n, err := c.exec(ctx, spendReset, accountID[:], userID[:], hash[:], micros(now))
	return n > 0, err
}
