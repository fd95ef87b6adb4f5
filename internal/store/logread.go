package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// idsInto scans what joinIDs stored.
type idsInto struct{ ids *[]curfew.ID }

func (s idsInto) Scan(v any) error {
	*s.ids = nil
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	if !ok || len(b)%16 != 0 {
		return errors.New("stored ids are not 16 bytes each")
	}
	for chunk := range slices.Chunk(b, 16) {
		*s.ids = append(*s.ids, curfew.ID(chunk))
	}
	return nil
}

// numberInto scans a stored number; NULL is 0.
type numberInto struct{ n *int64 }

func (s numberInto) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s.n = 0
	case int64:
		*s.n = v
	default:
		return errors.New("a stored number is none")
	}
	return nil
}

func scanRevocation(scan func(...any) error) (r curfew.Revocation, err error) {
	err = scan(idInto{&r.Writer}, &r.Seq, idInto{&r.AccountID}, idInto{&r.SessionID}, timeInto{&r.At}, idInto{&r.UserID},
		numberInto{&r.Epoch}, idsInto{&r.Except}, timeInto{&r.MintedBefore}, timeInto{&r.Until})
	return r, err
}

var (
	selectHeads      = statement(`SELECT id, last_seq FROM writers WHERE last_seq > 0`)
	revocationsAfter = statement(`SELECT ` + revocationColumns + ` FROM revocation_log
 WHERE writer_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`)
	liveRevocations = statement(`SELECT ` + revocationColumns + ` FROM revocation_log
 WHERE (writer_id > $1 OR (writer_id = $1 AND seq > $2)) AND until > $3 ORDER BY writer_id, seq LIMIT $4`)
)

// RevocationsAfter reads what was committed to the log beyond a cursor, and how
// far each log goes: at most limit entries, by writer and number. With fewer
// than that, all up to heads was read, though the oldest may have been removed
// since because no token that they speak of is alive. One statement when
// there is nothing new, and one more for each log that has something.
//
// A head that is behind the cursor is a database that went back in time. Of a
// writer that has been silent for an hour nothing is told any more.
func (db *DB) RevocationsAfter(ctx context.Context, c curfew.Cursor, limit int) (entries []curfew.Revocation, heads curfew.Cursor, err error) {
	if inside(ctx) {
		return nil, nil, errInside
	}
	err = db.retry(ctx, func() error {
		entries, heads, err = db.revocationsAfter(ctx, c, limit)
		return err
	})
	if err != nil {
		return nil, nil, outward(err)
	}
	return entries, heads, nil
}

// revocationsAfter needs no transaction: what a head counts was committed with
// it, and rows are never changed.
func (db *DB) revocationsAfter(ctx context.Context, c curfew.Cursor, limit int) (entries []curfew.Revocation, heads curfew.Cursor, err error) {
	ctx, cancel := db.limited(ctx)
	defer cancel()
	heads = curfew.Cursor{}
	var news []curfew.ID
	err = eachRow(ctx, db.reads[selectHeads], func(scan func(...any) error) error {
		var id curfew.ID
		var last int64
		err := scan(idInto{&id}, &last)
		if heads[id] = last; last > c[id] {
			news = append(news, id)
		}
		return err
	})
	slices.SortFunc(news, curfew.ID.Compare)
	for _, id := range news {
		if err != nil || len(entries) >= limit {
			break
		}
		err = eachRow(ctx, db.reads[revocationsAfter], func(scan func(...any) error) error {
			e, err := scanRevocation(scan)
			entries = append(entries, e)
			return err
		}, id[:], c[id], heads[id], limit-len(entries))
	}
	return entries, heads, err
}

// LiveRevocations reads at most limit entries behind a place in the log that
// still matter at a time.
func (db *DB) LiveRevocations(ctx context.Context, now time.Time, after curfew.LogPlace, limit int) (entries []curfew.Revocation, err error) {
	if inside(ctx) {
		return nil, errInside
	}
	err = db.retry(ctx, func() error {
		ctx, cancel := db.limited(ctx)
		defer cancel()
		entries = nil
		return eachRow(ctx, db.reads[liveRevocations], func(scan func(...any) error) error {
			e, err := scanRevocation(scan)
			entries = append(entries, e)
			return err
		}, after.Writer[:], after.Seq, micros(now), limit)
	})
	if err != nil {
		return nil, outward(err)
	}
	return entries, nil
}

// eachRow is conn.each for a statement outside transactions.
func eachRow(ctx context.Context, stmt *sql.Stmt, fn func(scan func(...any) error) error, args ...any) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Retention of the log: rows go from the beginning of each writer's, once no
// token that they speak of can be alive.
var (
	// The look goes over all writers, with one step into the key of the log.
	oldLogs = statement(`SELECT w.id FROM writers w
 WHERE w.last_seq > 0 AND (SELECT l.until FROM revocation_log l WHERE l.writer_id = w.id ORDER BY l.seq LIMIT 1) <= $1 ORDER BY w.id`)
	firstRevocations  = statement(`SELECT seq, until FROM revocation_log WHERE writer_id = $1 ORDER BY seq LIMIT $2`)
	deleteRevocations = statement(`DELETE FROM revocation_log WHERE writer_id = $1 AND seq <= $2 AND until <= $3`)
)

func (c conn) OldLogs(ctx context.Context, by time.Time) (writers []curfew.ID, err error) {
	err = c.each(ctx, oldLogs, func(scan func(...any) error) error {
		var id curfew.ID
		err := scan(idInto{&id})
		writers = append(writers, id)
		return err
	}, micros(by))
	return writers, err
}

func (c conn) OldRevocations(ctx context.Context, writer curfew.ID, by time.Time, limit int) (upTo int64, old int, err error) {
	live := false
	err = c.each(ctx, firstRevocations, func(scan func(...any) error) error {
		var seq int64
		var until time.Time
		if err := scan(&seq, timeInto{&until}); err != nil {
			return err
		}
		if live = live || until.After(by); !live {
			upTo, old = seq, old+1
		}
		return nil
	}, writer[:], limit)
	return upTo, old, err
}

func (c conn) DeleteRevocations(ctx context.Context, writer curfew.ID, upTo int64, by time.Time) (int, error) {
	n, err := c.exec(ctx, deleteRevocations, writer[:], upTo, micros(by))
	return int(n), err
}
