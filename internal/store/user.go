package store

import (
	"context"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

const userColumns = `u.account_id, u.id, u.name, u.email, u.role, u.password_hash, u.created_at,
 u.disabled_at, u.last_login_at, u.version, u.session_epoch, COALESCE(u.external_id, '')`

func scanUserInto(u *curfew.User) []any {
	return []any{idInto{&u.AccountID}, idInto{&u.ID}, &u.Name, &u.Email, &u.Role, &u.PasswordHash, timeInto{&u.CreatedAt},
		timeInto{&u.DisabledAt}, timeInto{&u.LastLoginAt}, &u.Version, &u.SessionEpoch, &u.ExternalID}
}

func scanUser(scan func(...any) error) (u curfew.User, err error) {
	err = scan(scanUserInto(&u)...)
	return u, err
}

var (
	selectLoginName = statement(`SELECT account_id, user_id FROM login_names WHERE name = $1`)
	selectUser      = statement(`SELECT ` + userColumns + ` FROM users u WHERE u.account_id = $1 AND u.id = $2`)
	selectOwners    = statement(`SELECT ` + userColumns + ` FROM users u
 WHERE u.account_id = $1 AND u.role = 'owner' AND u.disabled_at IS NULL ORDER BY u.sort_name, u.id`)
	selectUsers = statement(`SELECT ` + userColumns + `,
 (SELECT count(*) FROM sessions k CROSS JOIN sessions s WHERE k.user_id = u.id AND k.account_id = $1
  AND s.account_id = $1 AND s.id = k.id AND ` + activeAt + `)
 FROM users u JOIN accounts a ON a.id = $1
 WHERE u.account_id = $1 AND (u.sort_name > $3 OR (u.sort_name = $3 AND u.id > $4))
 ORDER BY u.sort_name, u.id LIMIT $5`)

	insertUser      = statement(insertUserInto + ` VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	insertLoginName = statement(`INSERT INTO login_names (name, account_id, user_id) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`)
	renameUser      = statement(`UPDATE users SET name = $3, sort_name = $4, version = version + 1 WHERE account_id = $1 AND id = $2`)
	setUserRole     = statement(`UPDATE users SET role = $3, version = version + 1 WHERE account_id = $1 AND id = $2`)
	setUserDisabled = statement(`UPDATE users SET disabled_at = $3, version = version + 1 WHERE account_id = $1 AND id = $2`)
	setPassword     = statement(`UPDATE users SET password_hash = $3 WHERE account_id = $1 AND id = $2`)
)

// sortName is a name by which people are listed: case and composition of
// letters do not count.
func sortName(name string) string { return cases.Fold().String(norm.NFC.String(name)) }

func (c conn) LoginName(ctx context.Context, name string) (accountID, userID curfew.ID, err error) {
	type owner struct{ account, user curfew.ID }
	o, err := one(c.row(ctx, selectLoginName, name), func(scan func(...any) error) (o owner, err error) {
		err = scan(idInto{&o.account}, idInto{&o.user})
		return o, err
	})
	return o.account, o.user, err
}

func (c conn) User(ctx context.Context, accountID, id curfew.ID) (curfew.User, error) {
	return one(c.row(ctx, selectUser, accountID[:], id[:]), scanUser)
}

func (c conn) Owners(ctx context.Context, accountID curfew.ID) (owners []curfew.User, err error) {
	err = c.each(ctx, selectOwners, func(scan func(...any) error) error {
		u, err := scanUser(scan)
		owners = append(owners, u)
		return err
	}, accountID[:])
	return owners, err
}

func (c conn) UserList(ctx context.Context, accountID curfew.ID, now time.Time, page authority.Page[authority.UserKey]) (list authority.List[authority.UserView, authority.UserKey], err error) {
	var after authority.UserKey
	if page.After != nil {
		after = *page.After
	}
	err = c.each(ctx, selectUsers, func(scan func(...any) error) error {
		var v authority.UserView
		err := scan(append(scanUserInto(&v.User), &v.SessionCount)...)
		list.Items = append(list.Items, v)
		return err
	}, accountID[:], now.UnixMicro(), after.SortName, after.ID[:], page.Limit+1)
	cut(&list, page.Limit, func(v authority.UserView) authority.UserKey {
		return authority.UserKey{SortName: sortName(v.User.Name), ID: v.User.ID}
	})
	return list, err
}

const insertUserInto = `INSERT INTO users (account_id, id, name, sort_name, email, role, password_hash, created_at, external_id)`

// userArgs are those of insertUser.
func userArgs(u *curfew.User) []any {
	return []any{u.AccountID[:], u.ID[:], u.Name, sortName(u.Name), u.Email, string(u.Role), u.PasswordHash, micros(u.CreatedAt), optionalText(u.ExternalID)}
}

func (c conn) InsertUser(ctx context.Context, u curfew.User, loginName string) (bool, error) {
	if loginName == "" && c.makeLater(u) {
		return true, nil
	}
	if _, err := c.exec(ctx, insertUser, userArgs(&u)...); err != nil {
		return false, err
	}
	if loginName == "" {
		return true, nil
	}
	n, err := c.exec(ctx, insertLoginName, loginName, u.AccountID[:], u.ID[:])
	return n > 0, err
}

func (c conn) RenameUser(ctx context.Context, accountID, id curfew.ID, name string) error {
	_, err := c.exec(ctx, renameUser, accountID[:], id[:], name, sortName(name))
	return err
}

func (c conn) SetUserRole(ctx context.Context, accountID, id curfew.ID, role curfew.Role) error {
	_, err := c.exec(ctx, setUserRole, accountID[:], id[:], string(role))
	return err
}

func (c conn) SetUserDisabled(ctx context.Context, accountID, id curfew.ID, at time.Time) error {
	_, err := c.exec(ctx, setUserDisabled, accountID[:], id[:], micros(at))
	return err
}

func (c conn) SetPassword(ctx context.Context, accountID, id curfew.ID, hash string) error {
	_, err := c.exec(ctx, setPassword, accountID[:], id[:], hash)
	return err
}
