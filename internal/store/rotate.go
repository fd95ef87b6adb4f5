package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// newActive is policy.LastActive in SQL: $2 is now, $6 the time of the last
// input reported, $7 now and the clock's tolerance.
const newActive = `CASE WHEN last_active_at > $7 THEN $2 WHEN $6 > last_active_at THEN $6 ELSE last_active_at END`

// isYoung holds for a session that rotated after $10 and keeps its generation.
const isYoung = `(rotated_at > $10 AND rotated_at <= $7)`

// The whole of a successful refresh ($2 is now, $5 the session).
const (
	rotateSet = `UPDATE sessions SET
 generation = CASE WHEN ` + isYoung + ` THEN generation ELSE generation + 1 END,
 rotation_attempt = CASE WHEN ` + isYoung + ` THEN rotation_attempt ELSE $8 END,
 rotation_nonce = CASE WHEN ` + isYoung + ` THEN rotation_nonce ELSE $9 END,
 rotated_at = CASE WHEN ` + isYoung + ` THEN rotated_at ELSE $2 END,
 last_active_at = ` + newActive + `,
 idle_expires_at = CASE WHEN ` + newActive + ` + idle_minutes * 60000000 > absolute_expires_at
  THEN absolute_expires_at ELSE ` + newActive + ` + idle_minutes * 60000000 END,
 activity_hour = (` + newActive + `) / 3600000000`
	rotateWhere = `
 WHERE account_id = $1 AND id = $5 AND generation = $3 AND secret_hash = $4
 AND ` + activeRow + `
 AND policy_version >= (SELECT a.clamp_version FROM accounts a WHERE a.id = $1)`
	rotateReturning = `
 RETURNING ` + rotatedColumns + `,
 (SELECT a.name FROM accounts a WHERE a.id = $1),
 (SELECT u.name FROM users u WHERE u.account_id = $1 AND u.id = sessions.user_id),
 (SELECT u.email FROM users u WHERE u.account_id = $1 AND u.id = sessions.user_id),
 (SELECT u.role FROM users u WHERE u.account_id = $1 AND u.id = sessions.user_id)`
	rotatedColumns = `sessions.user_id, sessions.generation, sessions.rotated_at, sessions.started_at, sessions.auth_time, sessions.last_active_at,
 sessions.idle_minutes, sessions.absolute_minutes, sessions.idle_expires_at, sessions.absolute_expires_at,
 sessions.account_epoch, sessions.user_epoch, sessions.amr`
)

var rotateSession = statement(rotateSet + rotateWhere + rotateReturning)

type rotateCall struct {
	authority.Rotation
	ctx    context.Context // the caller's, to see whether anybody still waits
	handed time.Time
	answer[authority.Rotated]
}

// Rotate hands a refresh to the next batch and waits for its commit.
func (db *DB) Rotate(ctx context.Context, r authority.Rotation) (authority.Rotated, error) {
	if inside(ctx) {
		return authority.Rotated{}, errInside
	}
	call := &rotateCall{Rotation: r, ctx: ctx, handed: time.Now(), answer: newAnswer[authority.Rotated]()}
	if err := db.rotations.submit(r.AccountID, call); err != nil {
		return authority.Rotated{}, err
	}
	return call.wait(ctx)
}

// rotateBatch commits waiting refreshes together. If that fails each is tried
// alone, so that one that cannot be done does not take the others with it; not
// when the engine is not there, for which each would have to wait.
func (db *DB) rotateBatch(calls []*rotateCall) {
	calls = slices.DeleteFunc(calls, func(call *rotateCall) bool {
		late := call.late()
		if late { // who comes too late already does not wait for the engine, too
			call.give()
		}
		return late
	})
	if len(calls) == 0 {
		return
	}
	err := db.retry(context.Background(), func() error { return db.rotateTogether(calls) })
	if err != nil && db.dialect.blocked(err) && db.rotateByAccount(calls) {
		return
	}
	if err != nil && len(calls) > 1 && !errors.Is(err, errNotBegun) && !errors.Is(err, errUnknown) && !db.dialect.lost(err) && !db.dialect.blocked(err) {
		for i := range calls {
			db.rotateBatch(calls[i : i+1])
		}
		return
	}
	for _, call := range calls {
		if err != nil {
			call.fail(curfew.Unavailable(err))
		} else {
			call.give()
		}
	}
}

// rotateByAccount runs a batch again, account by account, where rows of one of
// them are held: only its own refreshes wait for that, once more, and are then
// answered as unavailable. It reports false for a batch of one account.
func (db *DB) rotateByAccount(calls []*rotateCall) bool {
	of := map[curfew.ID][]*rotateCall{}
	for _, call := range calls {
		of[call.AccountID] = append(of[call.AccountID], call)
	}
	if len(of) == 1 {
		return false
	}
	for _, calls := range of {
		db.rotateBatch(calls)
	}
	return true
}

// rotateTogether runs a batch under no caller's deadline: the engine's own
// bounds hold.
func (db *DB) rotateTogether(calls []*rotateCall) error {
	if db.dialect.alone != nil {
		if done, err := db.rotateAlone(calls); done {
			return err
		}
	}
	tx, ctx, end, err := db.begin(context.Background(), db.batch, db.dialect.writing)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotBegun, err)
	}
	defer end()
	if err := db.dialect.rotate(ctx, db, tx, calls); err != nil {
		return err
	}
	return db.commit(tx)
}

// rotateOneByOne runs the statement for each call.
func rotateOneByOne(ctx context.Context, db *DB, tx *sql.Tx, calls []*rotateCall) error {
	stmt := tx.StmtContext(ctx, db.writes[rotateSession])
	defer stmt.Close()
	row := new(rotatedRow)
	into := row.into()
	for _, call := range calls {
		if call.late() {
			continue
		}
		err := stmt.QueryRowContext(ctx, rotateArgs(call.Rotation)...).Scan(into...)
		switch {
		case err == nil:
			call.result = result[authority.Rotated]{value: row.of(call.Rotation)}
		case errors.Is(err, sql.ErrNoRows):
			call.result = result[authority.Rotated]{err: curfew.ErrNotFound}
		default:
			return err
		}
	}
	return nil
}

// maxWait is how long a refresh may wait for its turn. Longer, and the time by
// which it was judged, and which it stamps, would be too old: the retry of
// a client that gave up could fall outside the grace period.
const maxWait = 5 * time.Second

var errLate = errors.New("store: the refresh waited too long, or nobody waits for it any more")

// late reports whether a refresh is better not done any more, and answers it so.
func (c *rotateCall) late() bool {
	late := c.ctx.Err() != nil || time.Since(c.handed) > maxWait
	if late {
		c.result = result[authority.Rotated]{err: curfew.Unavailable(errLate)}
	}
	return late
}

// rotationTimes are the parameters of a refresh that are times, as stored.
type rotationTimes struct{ now, active, tolerated, youngAfter int64 }

func timesOf(r authority.Rotation) rotationTimes {
	youngAfter := farFuture // none is young
	if !r.YoungAfter.IsZero() {
		youngAfter = r.YoungAfter
	}
	return rotationTimes{r.Now.UnixMicro(), r.ActiveAt.UnixMicro(), r.Now.Add(policy.ClockTolerance).UnixMicro(), youngAfter.UnixMicro()}
}

func rotateArgs(r authority.Rotation) []any {
	t := timesOf(r)
	return []any{r.AccountID[:], t.now, r.Generation, r.SecretHash[:], r.SessionID[:], t.active, t.tolerated, r.Attempt, r.Nonce, t.youngAfter}
}

// rotatedRow is what a refresh answers with, one row after the other.
type rotatedRow struct {
	curfew.Standing
	amr string
}

// into is where the columns of rotateReturning go.
func (r *rotatedRow) into() []any {
	s := &r.Session
	return []any{idInto{&s.UserID}, &s.Generation, timeInto{&s.RotatedAt}, timeInto{&s.StartedAt}, timeInto{&s.AuthTime},
		timeInto{&s.LastActiveAt}, &s.IdleMinutes, &s.AbsoluteMinutes, timeInto{&s.IdleExpiresAt}, timeInto{&s.AbsoluteExpiresAt},
		&s.AccountEpoch, &s.UserEpoch, &r.amr, &r.Account.Name, &r.User.Name, &r.User.Email, &r.User.Role}
}

// of is the answer to a refresh whose row was scanned.
func (r *rotatedRow) of(asked authority.Rotation) authority.Rotated {
	st := r.Standing
	s := &st.Session
	s.AMR = strings.Fields(r.amr)
	s.AccountID, s.ID, s.SecretHash = asked.AccountID, asked.SessionID, asked.SecretHash
	st.Account.ID, st.User.AccountID, st.User.ID = asked.AccountID, asked.AccountID, s.UserID
	st.Account.SessionEpoch, st.User.SessionEpoch = s.AccountEpoch, s.UserEpoch
	return authority.Rotated{Standing: st, Young: s.Generation == asked.Generation}
}

type standingCall struct {
	accountID, sessionID curfew.ID
	answer[curfew.Standing]
}

// Standing reads a session as it is after the call began, together with other
// reads that wait: one transaction for all of them.
func (db *DB) Standing(ctx context.Context, accountID, sessionID curfew.ID) (curfew.Standing, error) {
	if inside(ctx) {
		return curfew.Standing{}, errInside
	}
	call := &standingCall{accountID: accountID, sessionID: sessionID, answer: newAnswer[curfew.Standing]()}
	if err := db.standings.submit(accountID, call); err != nil {
		return curfew.Standing{}, err
	}
	return call.wait(ctx)
}

func (db *DB) standingBatch(calls []*standingCall) {
	err := db.retry(context.Background(), func() error { return db.dialect.standings(context.Background(), db, calls) })
	for _, call := range calls {
		if err != nil {
			call.fail(curfew.Unavailable(err))
		} else {
			call.give()
		}
	}
}
