package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// Batches on PostgreSQL: one statement for all calls, each a row of arrays. The
// text is that of the statement for one call, with the row's columns in the
// place of its parameters, so that the rule is written once.

// ofRow puts the columns of v in the place of parameters.
var ofRow = strings.NewReplacer("$10", "v.p10", "$1", "v.p1", "$2", "v.p2", "$3", "v.p3", "$4", "v.p4",
	"$5", "v.p5", "$6", "v.p6", "$7", "v.p7", "$8", "v.p8", "$9", "v.p9")

// rotateAll is rotateSession for many; the last column is the call's number.
var rotateAll = &query{writes: true, text: ofRow.Replace(rotateSet) + `
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bigint[]), CAST($3 AS bigint[]), CAST($4 AS bytea[]), CAST($5 AS bytea[]),
 CAST($6 AS bigint[]), CAST($7 AS bigint[]), CAST($8 AS bytea[]), CAST($9 AS bytea[]), CAST($10 AS bigint[]))
 WITH ORDINALITY AS v (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, n)` +
	ofRow.Replace(rotateWhere+rotateReturning) + `, v.n`}

// selectStandings is selectStanding for many; $3 is the zero id for all. OFFSET 0
// keeps the search for the user whole: a plan made while tables are small might
// look through all users of the account.
var selectStandings = &query{text: `SELECT v.n, ` + strings.ReplaceAll(standingColumns, "$1", "v.p1") + strings.NewReplacer(
	"$1", "v.p1",
	"FROM sessions s", `FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bytea[])) WITH ORDINALITY AS v (p1, p2, n)
 JOIN sessions s ON s.account_id = v.p1 AND s.id = v.p2`,
	"JOIN users u ON u.account_id = $1 AND u.id = s.user_id", `CROSS JOIN LATERAL (SELECT `+userOfStanding+`
 FROM users u WHERE u.account_id = v.p1 AND u.id = s.user_id OFFSET 0) u`).Replace(standingFrom)}

// rotateMany runs the calls as few statements: one, unless a session is there
// twice, for a statement changes a row once.
func rotateMany(ctx context.Context, db *DB, tx *sql.Tx, calls []*rotateCall) error {
	stmt := tx.StmtContext(ctx, db.batches[rotateAll])
	defer stmt.Close()
	return rotateRounds(calls, func(calls []*rotateCall) error { return rotateDistinct(ctx, stmt, calls) })
}

// rotateRounds runs calls that are not late in rounds, in each of which a session
// is there once: in one, unless two refreshes of a session came together. Whoever
// is not answered by then finds no session.
func rotateRounds(calls []*rotateCall, round func([]*rotateCall) error) error {
	rest := slices.DeleteFunc(slices.Clone(calls), func(c *rotateCall) bool { return c.late() })
	for len(rest) > 0 {
		// In the order of the key, so that two batches never wait for each other.
		slices.SortStableFunc(rest, (*rotateCall).compare)
		var batch, again []*rotateCall
		for i, call := range rest {
			if i > 0 && call.compare(rest[i-1]) == 0 {
				again = append(again, call)
			} else {
				call.result = result[authority.Rotated]{err: curfew.ErrNotFound}
				batch = append(batch, call)
			}
		}
		if err := round(batch); err != nil {
			return err
		}
		rest = again
	}
	return nil
}

// compare orders calls by the key of their session.
func (c *rotateCall) compare(other *rotateCall) int {
	if by := bytes.Compare(c.AccountID[:], other.AccountID[:]); by != 0 {
		return by
	}
	return bytes.Compare(c.SessionID[:], other.SessionID[:])
}

func rotateDistinct(ctx context.Context, stmt *sql.Stmt, calls []*rotateCall) error {
	n := len(calls)
	accounts, hashes, sessions, attempts, nonces := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	nows, generations, actives, tolerated, youngs := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, call := range calls {
		t := timesOf(call.Rotation)
		accounts[i], sessions[i], hashes[i], attempts[i], nonces[i] = call.AccountID[:], call.SessionID[:], call.SecretHash[:], call.Attempt, call.Nonce
		nows[i], generations[i], actives[i], tolerated[i], youngs[i] = t.now, int64(call.Generation), t.active, t.tolerated, t.youngAfter
	}
	return readRotated(ctx, stmt, calls, accounts, nows, generations, hashes, sessions, actives, tolerated, attempts, nonces, youngs)
}

// readRotated gives each call the row of its number, which comes last.
func readRotated(ctx context.Context, stmt *sql.Stmt, calls []*rotateCall, args ...any) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var number int
	row := new(rotatedRow)
	into := append(row.into(), &number)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if number < 1 || number > len(calls) {
			return fmt.Errorf("store: a batch of %d answered for call %d", len(calls), number)
		}
		call := calls[number-1]
		call.result = result[authority.Rotated]{value: row.of(call.Rotation)}
	}
	return rows.Err()
}

// standingsMany reads all in one statement.
func standingsMany(ctx context.Context, db *DB, calls []*standingCall) error {
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	accounts, sessions := make([][]byte, len(calls)), make([][]byte, len(calls))
	for i, call := range calls {
		accounts[i], sessions[i] = call.accountID[:], call.sessionID[:]
	}
	return readStandings(ctx, db.batches[selectStandings], calls, accounts, sessions, curfew.ZeroID[:])
}

// readStandings gives each call the row of its number, which comes first.
func readStandings(ctx context.Context, stmt *sql.Stmt, calls []*standingCall, args ...any) error {
	for _, call := range calls {
		call.result = result[curfew.Standing]{err: curfew.ErrNotFound}
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var number int
	row := new(standingRow)
	into := append([]any{&number}, row.into()...)
	for rows.Next() {
		number = 0 // read first, also of a row that is broken further on
		var st curfew.Standing
		err := rows.Scan(into...)
		if err == nil {
			st, err = row.standing()
		}
		switch {
		case number >= 1 && number <= len(calls):
		case err != nil:
			return err
		default:
			return fmt.Errorf("store: a batch of %d answered for call %d", len(calls), number)
		}
		if err != nil { // its own, and nobody else's
			err = curfew.Unavailable(err)
		}
		calls[number-1].result = result[curfew.Standing]{st, err}
	}
	return rows.Err()
}
