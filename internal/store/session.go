package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// sessionColumns are the columns of a session, in the order of scanSession.
const sessionColumns = `s.account_id, s.id, s.user_id, s.secret_hash, s.generation,
 s.rotated_at, s.rotation_attempt, s.rotation_nonce, s.policy_version, s.started_at, s.auth_time, s.last_active_at,
 s.idle_minutes, s.absolute_minutes, s.idle_expires_at, s.absolute_expires_at, s.account_epoch, s.user_epoch,
 s.revoked_at, s.revoke_reason, s.device, s.ip, s.amr`

// The first raisings above the session's own epochs, by one step into the key.
const (
	firstAccountRaise = ` FROM epochs e WHERE e.account_id = $1 AND e.user_id = $3 AND e.epoch > s.account_epoch ORDER BY e.epoch LIMIT 1`
	firstUserRaise    = ` FROM epochs e WHERE e.account_id = $1 AND e.user_id = s.user_id AND e.epoch > s.user_epoch ORDER BY e.epoch LIMIT 1`
)

// raiseColumns read them only where there is one.
const raiseColumns = `
 CASE WHEN s.account_epoch < a.session_epoch THEN (SELECT e.raised_at` + firstAccountRaise + `) END,
 CASE WHEN s.account_epoch < a.session_epoch THEN (SELECT e.reason` + firstAccountRaise + `) END,
 CASE WHEN s.user_epoch < u.session_epoch THEN (SELECT e.raised_at` + firstUserRaise + `) END,
 CASE WHEN s.user_epoch < u.session_epoch THEN (SELECT e.reason` + firstUserRaise + `) END`

const userOfStanding = `u.name, u.email, u.role, u.created_at, u.disabled_at, u.last_login_at, u.version, u.session_epoch`

// standingColumns and standingFrom read sessions with their user, their
// account and all that decides whether they live. $1 is the account, $2 is
// free, $3 the zero id.
const standingColumns = sessionColumns + `,
 ` + userOfStanding + `,
 a.name, a.policy_version, a.clamp_version, a.session_epoch,` + raiseColumns

const standingFrom = `
 FROM sessions s
 JOIN users u ON u.account_id = $1 AND u.id = s.user_id
 JOIN accounts a ON a.id = $1
 WHERE s.account_id = $1`

// activeAt is the rule of an active session ($2 is now) over sessions s,
// accounts a and users u. It is curfew.Standing.End in SQL.
const activeAt = `(s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.absolute_expires_at > $2
 AND s.account_epoch >= a.session_epoch AND s.user_epoch >= u.session_epoch)`

// The same rule in its parts, for statements on sessions alone. Epochs are
// compared with >= because under READ COMMITTED a statement that waited for a
// lift sees the lifted row beside the old counter.
const (
	unended        = `revoked_at IS NULL AND idle_expires_at > $2 AND absolute_expires_at > $2`
	accountCurrent = `account_epoch >= (SELECT a.session_epoch FROM accounts a WHERE a.id = $1)`
	userCurrent    = `user_epoch >= (SELECT u.session_epoch FROM users u WHERE u.account_id = $1 AND u.id = sessions.user_id)`

	activeRow = `(` + unended + ` AND ` + accountCurrent + ` AND ` + userCurrent + `)`
)

func scanSession(s *curfew.Session, amr, device *string) []any {
	return []any{idInto{&s.AccountID}, idInto{&s.ID}, idInto{&s.UserID}, hashInto{&s.SecretHash}, &s.Generation,
		timeInto{&s.RotatedAt}, &s.RotationAttempt, &s.RotationNonce, &s.PolicyVersion,
		timeInto{&s.StartedAt}, timeInto{&s.AuthTime}, timeInto{&s.LastActiveAt},
		&s.IdleMinutes, &s.AbsoluteMinutes, timeInto{&s.IdleExpiresAt}, timeInto{&s.AbsoluteExpiresAt},
		&s.AccountEpoch, &s.UserEpoch, timeInto{&s.RevokedAt}, &s.RevokeReason, device, &s.IP, amr}
}

// standingRow is what standingColumns read, one row after the other.
type standingRow struct {
	curfew.Standing
	amr, device               string
	accountAt, userAt         time.Time
	accountReason, userReason *string
}

// into is where the columns go.
func (r *standingRow) into() []any {
	u, a := &r.User, &r.Account
	return append(scanSession(&r.Session, &r.amr, &r.device),
		&u.Name, &u.Email, &u.Role, timeInto{&u.CreatedAt}, timeInto{&u.DisabledAt}, timeInto{&u.LastLoginAt}, &u.Version, &u.SessionEpoch,
		&a.Name, &a.PolicyVersion, &a.ClampVersion, &a.SessionEpoch,
		timeInto{&r.accountAt}, &r.accountReason, timeInto{&r.userAt}, &r.userReason)
}

// standing is the row that was scanned.
func (r *standingRow) standing() (curfew.Standing, error) {
	st := r.Standing
	st.Session.AMR = strings.Fields(r.amr)
	st.Session.Device = curfew.Device{}
	if err := json.Unmarshal([]byte(r.device), &st.Session.Device); err != nil {
		return curfew.Standing{}, err
	}
	st.User.AccountID, st.User.ID, st.Account.ID = st.Session.AccountID, st.Session.UserID, st.Session.AccountID
	if r.accountReason != nil {
		st.AccountRaise = &curfew.Raise{At: r.accountAt, Reason: curfew.Reason(*r.accountReason)}
	}
	if r.userReason != nil {
		st.UserRaise = &curfew.Raise{At: r.userAt, Reason: curfew.Reason(*r.userReason)}
	}
	return st, nil
}

func scanStanding(scan func(...any) error) (curfew.Standing, error) {
	r := new(standingRow)
	if err := scan(r.into()...); err != nil {
		return curfew.Standing{}, err
	}
	return r.standing()
}

var selectStanding = statement(`SELECT ` + standingColumns + standingFrom + ` AND s.id = $2`)

func (c conn) SessionStanding(ctx context.Context, accountID, id curfew.ID) (curfew.Standing, error) {
	if st, known := c.looked(accountID, id); known {
		return st, nil
	}
	return one(c.row(ctx, selectStanding, accountID[:], id[:], curfew.ZeroID[:]), scanStanding)
}

// The list of sessions, latest activity first: $2 is now, $4 and $5 the key
// after which it goes on, $6 how many, $7 the user where it is one user's.
const (
	listedColumns = standingColumns + `, COALESCE(u.external_id, '')`

	sessionAfter = ` AND (s.last_active_at < $4 OR (s.last_active_at = $4 AND s.id < $5))`
	sessionOrder = ` ORDER BY s.last_active_at DESC, s.id DESC LIMIT $6`
	ofUser       = ` AND s.user_id = $7 AND s.id IN (SELECT k.id FROM sessions k WHERE k.user_id = $7 AND k.account_id = $1)`

	anySession   = standingFrom + ` AND CAST($2 AS bigint) IS NOT NULL`
	endedSession = standingFrom + ` AND NOT ` + activeAt

	// The active of a whole account may be very many: a page's keys are found
	// among them first, by the rule of activeAt without a look at the user of
	// each, as few users have had an epoch of their own raised; and by the index of
	// the activity ($7 is the hour of the key), along which they are in order: on
	// PostgreSQL only hour after hour, so that the hours that the page is from are sorted.
	activePage = `SELECT ` + listedColumns + standingFrom + ` AND s.id IN (SELECT s.id FROM sessions s
  WHERE s.account_id = $1 AND s.activity_hour >= 0 AND (s.activity_hour, s.last_active_at, s.id) < ($7, $4, $5)
  AND s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.absolute_expires_at > $2
  AND s.account_epoch >= (SELECT a.session_epoch FROM accounts a WHERE a.id = $1)
  AND (s.user_id NOT IN (SELECT u.id FROM users u WHERE u.account_id = $1 AND u.session_epoch > 0)
   OR s.user_epoch >= (SELECT u.session_epoch FROM users u WHERE u.account_id = $1 AND u.id = s.user_id))` +
		` ORDER BY s.activity_hour DESC, s.last_active_at DESC, s.id DESC LIMIT $6) ORDER BY s.last_active_at DESC, s.id DESC`
)

var (
	selectSessions = map[authority.SessionStatus]*query{
		authority.SessionsActive: statement(activePage),
		authority.SessionsEnded:  statement(`SELECT ` + listedColumns + endedSession + sessionAfter + sessionOrder),
		authority.SessionsAll:    statement(`SELECT ` + listedColumns + anySession + sessionAfter + sessionOrder),
	}
	selectUserSessions = map[authority.SessionStatus]*query{
		authority.SessionsActive: statement(`SELECT ` + listedColumns + standingFrom + ` AND ` + activeAt + ofUser + sessionAfter + sessionOrder),
		authority.SessionsEnded:  statement(`SELECT ` + listedColumns + endedSession + ofUser + sessionAfter + sessionOrder),
		authority.SessionsAll:    statement(`SELECT ` + listedColumns + anySession + ofUser + sessionAfter + sessionOrder),
	}
)

func (c conn) SessionList(ctx context.Context, accountID curfew.ID, now time.Time, filter authority.SessionFilter, page authority.Page[authority.SessionKey]) (authority.List[curfew.Standing, authority.SessionKey], error) {
	var list authority.List[curfew.Standing, authority.SessionKey]
	after := authority.SessionKey{LastActiveAt: farFuture}
	if page.After != nil {
		after = *page.After
	}
	statements := selectSessions
	args := []any{accountID[:], now.UnixMicro(), curfew.ZeroID[:], after.LastActiveAt.UnixMicro(), after.ID[:], page.Limit + 1}
	switch {
	case filter.UserID != nil:
		statements, args = selectUserSessions, append(args, filter.UserID[:])
	case filter.Status == authority.SessionsActive:
		args = append(args, activityHour(after.LastActiveAt))
	}
	err := c.each(ctx, statements[filter.Status], func(scan func(...any) error) error {
		var r standingRow
		if err := scan(append(r.into(), &r.User.ExternalID)...); err != nil {
			return err
		}
		st, err := r.standing()
		list.Items = append(list.Items, st)
		return err
	}, args...)
	cut(&list, page.Limit, func(st curfew.Standing) authority.SessionKey {
		return authority.SessionKey{LastActiveAt: st.Session.LastActiveAt, ID: st.Session.ID}
	})
	return list, err
}

// activityHour is the hour of a time, as sessions_by_activity has it.
func activityHour(t time.Time) int64 { return t.UnixMicro() / time.Hour.Microseconds() }

// farFuture is after every stored time.
var farFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// cut takes the one row too many off a page and makes it the next page's start.
func cut[T, K any](list *authority.List[T, K], limit int, key func(T) K) {
	if len(list.Items) > limit {
		list.Items = list.Items[:limit]
		next := key(list.Items[limit-1])
		list.Next = &next
	}
}

// A session is born only under the epochs that were read together with what
// authenticated its person, and only while the person is enabled.
const (
	insertSessionInto = `INSERT INTO sessions (account_id, id, user_id, secret_hash, generation, policy_version,
 started_at, auth_time, last_active_at, idle_minutes, absolute_minutes, idle_expires_at, absolute_expires_at,
 account_epoch, user_epoch, device, ip, amr, activity_hour)
 SELECT u.account_id, $3, u.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19`
	insertSessionWhere = ` WHERE u.account_id = $1 AND u.id = $2 AND u.session_epoch = $15 AND u.disabled_at IS NULL
 AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = $1 AND a.session_epoch = $14)`

	stampLoginSet   = `UPDATE users SET last_login_at = $3`
	stampLoginWhere = ` WHERE account_id = $1 AND id = $2`
)

var (
	insertSession = statement(insertSessionInto + ` FROM users u` + insertSessionWhere)
	stampLogin    = statement(stampLoginSet + stampLoginWhere)
)

func (c conn) InsertSession(ctx context.Context, s curfew.Session) (bool, error) {
	if c.startLater(s) {
		return true, nil
	}
	args, err := sessionArgs(&s)
	if err != nil {
		return false, err
	}
	n, err := c.exec(ctx, insertSession, args...)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = c.exec(ctx, stampLogin, s.AccountID[:], s.UserID[:], micros(s.StartedAt))
	return err == nil, err
}

const (
	revokeSet   = `UPDATE sessions SET revoked_at = $3, revoke_reason = $4`
	revokeWhere = ` WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL`
)

var revokeSession = statement(revokeSet + revokeWhere)

func (c conn) RevokeSession(ctx context.Context, accountID, id curfew.ID, reason curfew.Reason, now time.Time) (bool, error) {
	if st, known := c.looked(accountID, id); known {
		return c.revokeLater(st, reason, now), nil
	}
	n, err := c.exec(ctx, revokeSession, accountID[:], id[:], micros(now), string(reason))
	return n > 0, err
}

// ofPerson leads to the sessions of a user ($3) by their index. Without it
// SQLite, which keeps no statistics here, goes through all of the account.
const ofPerson = `s.user_id = $3 AND s.id IN (SELECT k.id FROM sessions k WHERE k.user_id = $3 AND k.account_id = $1)`

var countActive = statement(`SELECT count(*)` + `
 FROM sessions s
 JOIN users u ON u.account_id = $1 AND u.id = s.user_id
 JOIN accounts a ON a.id = $1
 WHERE s.account_id = $1 AND ` + ofPerson + ` AND ` + activeAt)

// One that is tied to another counts with that, while that lives.
var selectCrowd = statement(`SELECT ` + sessionColumns + ` FROM sessions s
 WHERE s.account_id = $1 AND ` + ofPerson + ` AND s.revoked_at IS NULL AND s.idle_expires_at > $4 AND s.absolute_expires_at > $2
 AND s.account_epoch >= (SELECT a.session_epoch FROM accounts a WHERE a.id = $1)
 AND s.user_epoch >= (SELECT u.session_epoch FROM users u WHERE u.account_id = $1 AND u.id = $3)
 AND s.id NOT IN (SELECT p.session_id FROM portal_links p JOIN sessions t ON t.account_id = $1 AND t.id = p.tied_to
  WHERE p.account_id = $1 AND p.id IN (SELECT l.id FROM portal_links l WHERE l.account_id = $1
   AND l.tied_to IN (SELECT k.id FROM sessions k WHERE k.user_id = $3 AND k.account_id = $1))
  AND t.revoked_at IS NULL AND t.idle_expires_at > $2 AND t.absolute_expires_at > $2
  AND t.account_epoch >= (SELECT a.session_epoch FROM accounts a WHERE a.id = $1)
  AND t.user_epoch >= (SELECT u.session_epoch FROM users u WHERE u.account_id = $1 AND u.id = $3)
  AND p.session_id IS NOT NULL)
 ORDER BY s.last_active_at, s.id`)

func (c conn) Crowd(ctx context.Context, accountID, userID curfew.ID, now, since time.Time) (all []curfew.Session, err error) {
	err = c.each(ctx, selectCrowd, func(scan func(...any) error) error {
		var s curfew.Session
		var amr, device string
		err := scan(scanSession(&s, &amr, &device)...)
		all = append(all, s)
		return err
	}, accountID[:], now.UnixMicro(), userID[:], since.UnixMicro())
	return all, err
}

var othersActive = statement(`SELECT EXISTS (SELECT 1
 FROM sessions s
 JOIN users u ON u.account_id = $1 AND u.id = s.user_id
 JOIN accounts a ON a.id = $1
 WHERE s.account_id = $1 AND s.user_id <> $3 AND ` + activeAt + `)`)

func (c conn) OthersActive(ctx context.Context, accountID, userID curfew.ID, now time.Time) (any bool, err error) {
	err = c.row(ctx, othersActive, accountID[:], now.UnixMicro(), userID[:]).Scan(&any)
	return any, err
}

func (c conn) ActiveSessions(ctx context.Context, accountID, userID curfew.ID, now time.Time) (n int, err error) {
	err = c.row(ctx, countActive, accountID[:], now.UnixMicro(), userID[:]).Scan(&n)
	return n, err
}

// Sessions are counted before users are joined to them: there may be many of
// each. The last two columns are the same in every row.
var selectActiveUsers = statement(`SELECT u.id, u.name, u.email, u.last_login_at, sum(g.sessions),
 count(*) OVER (), sum(sum(g.sessions)) OVER ()
 FROM (SELECT s.user_id, s.user_epoch, count(*) AS sessions FROM sessions s
  WHERE s.account_id = $1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.absolute_expires_at > $2
  AND s.account_epoch >= (SELECT a.session_epoch FROM accounts a WHERE a.id = $1)
  GROUP BY s.user_id, s.user_epoch) g
 JOIN users u ON u.account_id = $1 AND u.id = g.user_id
 WHERE g.user_epoch >= u.session_epoch
 GROUP BY u.id, u.name, u.email, u.last_login_at
 ORDER BY u.last_login_at DESC, u.id LIMIT $3`)

func (c conn) ActiveUsers(ctx context.Context, accountID curfew.ID, now time.Time, limit int) (users []authority.ActiveUser, userCount, sessionCount int, err error) {
	err = c.each(ctx, selectActiveUsers, func(scan func(...any) error) error {
		var u authority.ActiveUser
		err := scan(idInto{&u.UserID}, &u.Name, &u.Email, timeInto{&u.LastLoginAt}, &u.SessionCount, &userCount, &sessionCount)
		users = append(users, u)
		return err
	}, accountID[:], now.UnixMicro(), limit)
	return users, userCount, sessionCount, err
}
