package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Batches on SQLite. The engine is in this process, so that a statement costs
// what the driver does around it: above all for the columns of an answer, whose
// names and types it asks for each time. So all rows of a batch are read by one
// statement, which gets the keys of their sessions in one value, one after the
// other: 16 bytes of the account and 16 of the session.
const packedKeys = `WITH RECURSIVE v (n, p1, p2) AS (SELECT 1, substr($1, 1, 16), substr($1, 17, 16)
 UNION ALL SELECT n + 1, substr($1, n * 32 + 1, 16), substr($1, n * 32 + 17, 16) FROM v WHERE n < length($1) / 32) `

// packedFrom reads sessions by those keys, in the place of one by $1 and $2.
// SQLite joins in the order written where it says CROSS: by key each time.
var packedFrom = strings.NewReplacer(
	"FROM sessions s", "FROM v CROSS JOIN sessions s ON s.account_id = v.p1 AND s.id = v.p2",
	" JOIN", " CROSS JOIN", "$1", "v.p1")

var (
	// selectPacked is selectStanding for many; $2 is the zero id for all.
	selectPacked = &query{text: packedKeys + `SELECT v.n, ` + strings.NewReplacer("$1", "v.p1", "$3", "$2").Replace(standingColumns) +
		packedFrom.Replace(standingFrom)}

	// rotateQuietly is rotateSession without its answer; selectRotated is the answer
	// for many, and which of them those are.
	rotateQuietly = &query{writes: true, text: rotateSet + rotateWhere}
	selectRotated = &query{text: packedKeys + `SELECT ` + rotatedColumns + `, a.name, u.name, u.email, u.role, v.n
 FROM v CROSS JOIN sessions ON sessions.account_id = v.p1 AND sessions.id = v.p2
 CROSS JOIN users u ON u.account_id = v.p1 AND u.id = sessions.user_id
 CROSS JOIN accounts a ON a.id = v.p1`}
)

// packed are the keys of sessions as selectPacked and selectRotated want them.
func packed(n int, key func(i int) (accountID, sessionID *curfew.ID)) []byte {
	keys := make([]byte, 0, n*2*len(curfew.ID{}))
	for i := range n {
		accountID, sessionID := key(i)
		keys = append(append(keys, accountID[:]...), sessionID[:]...)
	}
	return keys
}

// standingsPacked reads all in one statement.
func standingsPacked(ctx context.Context, db *DB, calls []*standingCall) error {
	keys := packed(len(calls), func(i int) (_, _ *curfew.ID) { return &calls[i].accountID, &calls[i].sessionID })
	return readStandings(ctx, db.reads[selectPacked], calls, keys, curfew.ZeroID[:])
}

// rotatePacked refreshes one after the other, and reads all answers together; a
// lone refresh answers by itself.
func rotatePacked(ctx context.Context, db *DB, tx *sql.Tx, calls []*rotateCall) error {
	if len(calls) == 1 {
		return rotateOneByOne(ctx, db, tx, calls)
	}
	stmt := tx.StmtContext(ctx, db.batches[rotateQuietly])
	defer stmt.Close()
	answers := tx.StmtContext(ctx, db.batches[selectRotated])
	defer answers.Close()
	return rotateRounds(calls, func(calls []*rotateCall) error {
		var done []*rotateCall
		for _, call := range calls {
			changed, err := stmt.ExecContext(ctx, rotateArgs(call.Rotation)...)
			if err != nil {
				return err
			}
			n, err := changed.RowsAffected()
			if err != nil {
				return err
			}
			if n > 0 {
				done = append(done, call)
			}
		}
		if len(done) == 0 {
			return nil
		}
		keys := packed(len(done), func(i int) (_, _ *curfew.ID) { return &done[i].AccountID, &done[i].SessionID })
		return readRotated(ctx, answers, done, keys)
	})
}
