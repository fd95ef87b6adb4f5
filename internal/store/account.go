package store

import (
	"context"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

const accountColumns = `a.id, a.name, a.created_at, a.version, a.idle_minutes, a.absolute_minutes,
 a.policy_version, a.clamp_version, a.clamp_at, COALESCE(a.clamp_idle_minutes, 0), COALESCE(a.clamp_absolute_minutes, 0), a.policy_updated_at, a.policy_updated_by, a.session_epoch, COALESCE(a.external_id, ''),
 a.max_sessions_per_user, a.session_limit_action, a.bounds_version, a.idle_minutes_min, a.idle_minutes_max, a.idle_minutes_default,
 a.absolute_minutes_min, a.absolute_minutes_max, a.absolute_minutes_default, a.max_sessions_per_user_max, a.local_sign_in = 0`

func scanAccountInto(a *curfew.Account) []any {
	b := &a.Bounds
	return []any{idInto{&a.ID}, &a.Name, timeInto{&a.CreatedAt}, &a.NameVersion, &a.IdleMinutes, &a.AbsoluteMinutes,
		&a.PolicyVersion, &a.ClampVersion, timeInto{&a.Clamping.At}, &a.Clamping.IdleMinutes, &a.Clamping.AbsoluteMinutes, timeInto{&a.PolicyUpdatedAt}, idInto{&a.PolicyUpdatedBy}, &a.SessionEpoch, &a.ExternalID,
		&a.MaxSessionsPerUser, &a.SessionLimitAction, &a.BoundsVersion, &b.IdleMinutesMin, &b.IdleMinutesMax, &b.IdleMinutesDefault,
		&b.AbsoluteMinutesMin, &b.AbsoluteMinutesMax, &b.AbsoluteMinutesDefault, &b.MaxSessionsPerUserMax, &a.NoLocalSignIn}
}

func scanAccount(scan func(...any) error) (a curfew.Account, err error) {
	err = scan(scanAccountInto(&a)...)
	return a, err
}

var (
	anyAccount    = statement(`SELECT EXISTS (SELECT 1 FROM accounts a WHERE a.id <> $1)`)
	selectAccount = statement(`SELECT ` + accountColumns + ` FROM accounts a WHERE a.id = $1`)
	// listAccounts is the operator's.
	listAccounts = statement(`SELECT ` + accountColumns + ` FROM accounts a WHERE a.id <> $1 ORDER BY a.name, a.id`)

	insertAccount = statement(`INSERT INTO accounts (id, name, created_at, audit_mac, audit_seal, external_id) VALUES ($1, $2, $3, $4, $5, $6)`)
	// zeroAccount is the account under which events without one are audited.
	zeroAccount   = statement(`INSERT INTO accounts (id, name, created_at, audit_mac, audit_seal) VALUES ($1, '', 0, $2, $3) ON CONFLICT (id) DO NOTHING`)
	renameAccount = statement(`UPDATE accounts SET name = $2, version = version + 1 WHERE id = $1`)
	setLocal      = statement(`UPDATE accounts SET local_sign_in = $2 WHERE id = $1`)
	setPolicy     = statement(`UPDATE accounts SET idle_minutes = $2, absolute_minutes = $3, policy_version = policy_version + 1,
 policy_updated_at = $4, policy_updated_by = $5, max_sessions_per_user = $6, session_limit_action = $7 WHERE id = $1 RETURNING policy_version`)
	setBounds = statement(`UPDATE accounts SET idle_minutes_min = $2, idle_minutes_max = $3, idle_minutes_default = $4,
 absolute_minutes_min = $5, absolute_minutes_max = $6, absolute_minutes_default = $7, max_sessions_per_user_max = $8,
 bounds_version = bounds_version + 1 WHERE id = $1`)
)

func (c conn) AnyAccount(ctx context.Context) (any bool, err error) {
	err = c.row(ctx, anyAccount, curfew.ZeroID[:]).Scan(&any)
	return any, err
}

func (c conn) Account(ctx context.Context, id curfew.ID) (curfew.Account, error) {
	if c.later != nil {
		if a, locked := c.later.accounts[id]; locked {
			return a, nil
		}
	}
	return one(c.row(ctx, selectAccount, id[:]), scanAccount)
}

func (c conn) Accounts(ctx context.Context) (accounts []curfew.Account, err error) {
	err = c.each(ctx, listAccounts, func(scan func(...any) error) error {
		a, err := scanAccount(scan)
		accounts = append(accounts, a)
		return err
	}, curfew.ZeroID[:])
	return accounts, err
}

func (c conn) InsertAccount(ctx context.Context, a curfew.Account) error {
	seal := c.db.chain.SealHead(a.ID, audit.Head{})
	_, err := c.exec(ctx, insertAccount, a.ID[:], a.Name, micros(a.CreatedAt), make([]byte, 32), seal[:], optionalText(a.ExternalID))
	return err
}

func (c conn) SetLocalSignIn(ctx context.Context, id curfew.ID, on bool) error {
	_, err := c.exec(ctx, setLocal, id[:], bit(on))
	return err
}

func (c conn) RenameAccount(ctx context.Context, id curfew.ID, name string) error {
	_, err := c.exec(ctx, renameAccount, id[:], name)
	return err
}

func (c conn) SetPolicy(ctx context.Context, accountID curfew.ID, s policy.Settings, by curfew.ID, now time.Time) (version int64, err error) {
	err = c.row(ctx, setPolicy, accountID[:], s.IdleMinutes, s.AbsoluteMinutes, micros(now), optionalID(by),
		s.MaxSessionsPerUser, string(s.SessionLimitAction)).Scan(&version)
	return version, err
}

func (c conn) SetBounds(ctx context.Context, accountID curfew.ID, b policy.AccountBounds) error {
	_, err := c.exec(ctx, setBounds, accountID[:], b.IdleMinutesMin, b.IdleMinutesMax, b.IdleMinutesDefault,
		b.AbsoluteMinutesMin, b.AbsoluteMinutesMax, b.AbsoluteMinutesDefault, b.MaxSessionsPerUserMax)
	return err
}
