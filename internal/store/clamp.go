package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// Applying limits to running sessions. In every statement here $1 is the
// account, $2 now, $3 the idle limit and $4 the absolute one in minutes.

// overLimits holds for an active session that is over the new limits already.
// Its own limits need no look: had they been reached, it would not be active.
const overLimits = `(auth_time + CAST($4 AS bigint) * 60000000 <= $2 OR last_active_at + CAST($3 AS bigint) * 60000000 <= $2)`

// The lesser of a session's own limits and the new ones, and the deadlines
// that follow from them. Deadlines only ever move earlier.
const (
	lesserIdle       = `CASE WHEN idle_minutes > $3 THEN $3 ELSE idle_minutes END`
	lesserAbsolute   = `CASE WHEN absolute_minutes > $4 THEN $4 ELSE absolute_minutes END`
	earlierAbsolute  = `CASE WHEN auth_time + CAST($4 AS bigint) * 60000000 < absolute_expires_at THEN auth_time + CAST($4 AS bigint) * 60000000 ELSE absolute_expires_at END`
	earlierIdleAlone = `CASE WHEN last_active_at + CAST($3 AS bigint) * 60000000 < idle_expires_at THEN last_active_at + CAST($3 AS bigint) * 60000000 ELSE idle_expires_at END`
	earlierIdle      = `CASE WHEN ` + earlierIdleAlone + ` < ` + earlierAbsolute + ` THEN ` + earlierIdleAlone + ` ELSE ` + earlierAbsolute + ` END`
	getsShorter      = `(auth_time + CAST($4 AS bigint) * 60000000 < absolute_expires_at OR last_active_at + CAST($3 AS bigint) * 60000000 < idle_expires_at)`
)

const endOver = `UPDATE sessions SET revoked_at = $2, revoke_reason = $5, policy_version = $6
 WHERE account_id = $1 AND ` + activeRow + ` AND ` + overLimits

// clampedColumns are those of scanClamped.
const clampedColumns = `id, user_id, CASE WHEN rotated_at > started_at THEN rotated_at ELSE started_at END, absolute_expires_at`

const shorten = `UPDATE sessions SET idle_minutes = ` + lesserIdle + `, absolute_minutes = ` + lesserAbsolute + `,
 absolute_expires_at = ` + earlierAbsolute + `, idle_expires_at = ` + earlierIdle + `, policy_version = $5
 WHERE account_id = $1 AND ` + activeRow + ` AND NOT ` + overLimits

// ofPart are the sessions of one step, and notYet those of them that are not as the
// limits want them.
const (
	notYet = ` AND (policy_version < $5 OR idle_minutes > $3 OR absolute_minutes > $4 OR ` + getsShorter + `)`
	ofPart = ` AND id > $%d AND id <= $%d`
)

var (
	clampEnd        = statement(endOver + fmt.Sprintf(ofPart, 7, 8) + ` RETURNING ` + clampedColumns)
	clampShorten    = statement(shorten + notYet + fmt.Sprintf(ofPart, 6, 7))
	clampEndOne     = statement(endOver + ` AND id = $7 RETURNING ` + clampedColumns)
	clampShortenOne = statement(shorten + ` AND id = $6 RETURNING ` + clampedColumns)
	// After the shortening: whose absolute deadline is by $3, also where it was
	// before, which does no harm to tell.
	endingSoon = statement(`SELECT ` + clampedColumns + ` FROM sessions WHERE account_id = $1 AND ` + activeRow + ` AND absolute_expires_at <= $3` + fmt.Sprintf(ofPart, 4, 5))
	partEnd    = statement(`SELECT s.id FROM sessions s WHERE s.account_id = $1 AND s.id > $2 ORDER BY s.id LIMIT 1 OFFSET $3`)

	beginClamp = statement(`UPDATE accounts SET clamp_version = $2, clamp_at = $3, clamp_idle_minutes = $4, clamp_absolute_minutes = $5 WHERE id = $1`)
	endClamp   = statement(`UPDATE accounts SET clamp_at = NULL, clamp_idle_minutes = NULL, clamp_absolute_minutes = NULL WHERE id = $1`)
	wouldClamp = statement(`SELECT EXISTS (SELECT 1 FROM sessions WHERE account_id = $1 AND ` + activeRow + ` AND (` + overLimits + ` OR ` + getsShorter + `))`)
	// The sweeper's search for what to do goes over all accounts.
	clampingAccounts = statement(`SELECT a.id FROM accounts a WHERE a.clamp_at IS NOT NULL AND a.clamp_at <= $1 ORDER BY a.id`)

	previewClamp = statement(`SELECT u.id, u.name, u.email,
 sum(CASE WHEN ` + overLimits + ` THEN 1 ELSE 0 END),
 sum(CASE WHEN NOT ` + overLimits + ` AND ` + getsShorter + ` THEN 1 ELSE 0 END),
 sum(CASE WHEN ` + overLimits + ` AND s.id = $5 THEN 1 ELSE 0 END)
 FROM sessions s
 JOIN users u ON u.account_id = $1 AND u.id = s.user_id
 JOIN accounts a ON a.id = $1
 WHERE s.account_id = $1 AND ` + activeAt + ` AND (` + overLimits + ` OR ` + getsShorter + `)
 GROUP BY u.id, u.name, u.email, u.sort_name
 ORDER BY u.sort_name, u.id`)
)

// clamped runs a statement that gives sessions.
func (c conn) clamped(ctx context.Context, q *query, args ...any) (all []authority.ClampedSession, err error) {
	err = c.each(ctx, q, func(scan func(...any) error) error {
		var s authority.ClampedSession
		err := scan(idInto{&s.ID}, idInto{&s.UserID}, timeInto{&s.MintedAt}, timeInto{&s.AbsoluteExpiresAt})
		all = append(all, s)
		return err
	}, args...)
	return all, err
}

func (c conn) BeginClamp(ctx context.Context, accountID curfew.ID, to policy.Effective, version int64, now time.Time) error {
	// It locks the account, so that a session born meanwhile is found by what
	// follows or by the mark.
	_, err := c.exec(ctx, beginClamp, accountID[:], version, now.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes)
	return err
}

func (c conn) EndClamp(ctx context.Context, accountID curfew.ID) error {
	_, err := c.exec(ctx, endClamp, accountID[:])
	return err
}

func (c conn) WouldClamp(ctx context.Context, accountID curfew.ID, to policy.Effective, now time.Time) (would bool, err error) {
	err = c.row(ctx, wouldClamp, accountID[:], now.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes).Scan(&would)
	return would, err
}

func (c conn) ClampingAccounts(ctx context.Context, by time.Time) (ids []curfew.ID, err error) {
	err = c.each(ctx, clampingAccounts, func(scan func(...any) error) error {
		var id curfew.ID
		err := scan(idInto{&id})
		ids = append(ids, id)
		return err
	}, micros(by))
	return ids, err
}

func (c conn) ClampSome(ctx context.Context, accountID, after curfew.ID, to policy.Effective, version int64, at time.Time, limit int) (done authority.Clamped, err error) {
	upTo := curfew.LastID
	switch err := c.row(ctx, partEnd, accountID[:], after[:], limit-1).Scan(idInto{&upTo}); {
	case err == nil:
		done.Last = &upTo
	case !errors.Is(err, sql.ErrNoRows):
		return done, err
	}
	done.Ended, err = c.clamped(ctx, clampEnd, accountID[:], at.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes, string(curfew.ReasonPolicyTightened), version,
		after[:], upTo[:])
	if err != nil {
		return done, err
	}
	shortened, err := c.exec(ctx, clampShorten, accountID[:], at.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes, version, after[:], upTo[:])
	if err == nil && shortened > 0 {
		done.EndingSoon, err = c.clamped(ctx, endingSoon, accountID[:], at.UnixMicro(), soon(at), after[:], upTo[:])
	}
	return done, err
}

// soon is by when a deadline is nearer than the end of an access token may be.
func soon(now time.Time) int64 { return now.Add(curfew.RevocationLife).UnixMicro() }

func (c conn) ClampSession(ctx context.Context, accountID, id curfew.ID, to policy.Effective, version int64, now time.Time) (done authority.Clamped, err error) {
	done.Ended, err = c.clamped(ctx, clampEndOne, accountID[:], now.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes, string(curfew.ReasonPolicyTightened), version, id[:])
	if err != nil {
		return done, err
	}
	shortened, err := c.clamped(ctx, clampShortenOne, accountID[:], now.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes, version, id[:])
	for _, s := range shortened {
		if s.AbsoluteExpiresAt.UnixMicro() <= soon(now) {
			done.EndingSoon = append(done.EndingSoon, s)
		}
	}
	return done, err
}

func (c conn) PreviewClamp(ctx context.Context, accountID, current curfew.ID, to policy.Effective, now time.Time, limit int) (authority.Preview, error) {
	var p authority.Preview
	err := c.each(ctx, previewClamp, func(scan func(...any) error) error {
		var u authority.PreviewUser
		var currentEnds int
		if err := scan(idInto{&u.UserID}, &u.Name, &u.Email, &u.SessionsEnding, &u.SessionsShortened, &currentEnds); err != nil {
			return err
		}
		p.SessionsEndingNow += u.SessionsEnding
		p.SessionsShortened += u.SessionsShortened
		p.UsersAffected++
		p.EndsCurrentSession = p.EndsCurrentSession || currentEnds > 0
		if len(p.Users) < limit {
			p.Users = append(p.Users, u)
		}
		return nil
	}, accountID[:], now.UnixMicro(), to.IdleMinutes, to.AbsoluteMinutes, current[:])
	return p, err
}
