package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const inviteColumns = `account_id, id, email, role, secret_hash, created_at, created_by, expires_at, accepted_at`

func scanInvite(scan func(...any) error) (i curfew.Invite, err error) {
	err = scan(idInto{&i.AccountID}, idInto{&i.ID}, &i.Email, &i.Role, hashInto{&i.SecretHash}, timeInto{&i.CreatedAt},
		idInto{&i.CreatedBy}, timeInto{&i.ExpiresAt}, timeInto{&i.AcceptedAt})
	return i, err
}

// makerStands holds while whoever made an invitation is an owner: nobody who
// was sent away comes back through a link of their own.
const makerStands = `EXISTS (SELECT 1 FROM users u WHERE u.account_id = $1 AND u.id = invites.created_by
 AND u.role = 'owner' AND u.disabled_at IS NULL)`

var (
	selectInvite  = statement(`SELECT ` + inviteColumns + ` FROM invites WHERE account_id = $1 AND id = $2`)
	selectInvites = statement(`SELECT ` + inviteColumns + ` FROM invites
 WHERE account_id = $1 AND accepted_at IS NULL AND expires_at > $2 AND ` + makerStands + `
 AND (created_at < $3 OR (created_at = $3 AND id < $4))
 ORDER BY created_at DESC, id DESC LIMIT $5`)
	insertInvite = statement(`INSERT INTO invites (account_id, id, email, role, secret_hash, created_at, created_by, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	acceptInvite = statement(`UPDATE invites SET accepted_at = $3
 WHERE account_id = $1 AND id = $2 AND accepted_at IS NULL AND expires_at > $3 AND ` + makerStands)
	deleteInvite = statement(`DELETE FROM invites WHERE account_id = $1 AND id = $2 AND accepted_at IS NULL`)
)

func (c conn) Invite(ctx context.Context, accountID, id curfew.ID) (curfew.Invite, error) {
	return one(c.row(ctx, selectInvite, accountID[:], id[:]), scanInvite)
}

func (c conn) InviteList(ctx context.Context, accountID curfew.ID, now time.Time, page authority.Page[authority.InviteKey]) (list authority.List[curfew.Invite, authority.InviteKey], err error) {
	after := authority.InviteKey{CreatedAt: farFuture}
	if page.After != nil {
		after = *page.After
	}
	err = c.each(ctx, selectInvites, func(scan func(...any) error) error {
		i, err := scanInvite(scan)
		list.Items = append(list.Items, i)
		return err
	}, accountID[:], now.UnixMicro(), after.CreatedAt.UnixMicro(), after.ID[:], page.Limit+1)
	cut(&list, page.Limit, func(i curfew.Invite) authority.InviteKey {
		return authority.InviteKey{CreatedAt: i.CreatedAt, ID: i.ID}
	})
	return list, err
}

func (c conn) InsertInvite(ctx context.Context, i curfew.Invite) error {
	_, err := c.exec(ctx, insertInvite, i.AccountID[:], i.ID[:], i.Email, string(i.Role), i.SecretHash[:], micros(i.CreatedAt), i.CreatedBy[:], micros(i.ExpiresAt))
	return err
}

func (c conn) AcceptInvite(ctx context.Context, accountID, id curfew.ID, now time.Time) (bool, error) {
	n, err := c.exec(ctx, acceptInvite, accountID[:], id[:], micros(now))
	return n > 0, err
}

func (c conn) DeleteInvite(ctx context.Context, accountID, id curfew.ID) (bool, error) {
	n, err := c.exec(ctx, deleteInvite, accountID[:], id[:])
	return n > 0, err
}
