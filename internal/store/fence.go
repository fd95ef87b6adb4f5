package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// A fence ends all that an installation granted, because what is in its
// database is older than what was granted. Until it is done nobody uses the
// database: it is marked.

var (
	// markFenced turns the mark of a whole copy into that of a fence.
	markFenced  = statement(`UPDATE copies SET started_at = $2, finished_at = NULL, kind = 'fence' WHERE one = 1 AND kind = 'copy' AND started_at = $1 AND finished_at IS NOT NULL`)
	insertFence = statement(`INSERT INTO copies (one, source, started_at, finished_at, kind) VALUES (1, $1, $2, NULL, 'fence') ON CONFLICT (one) DO NOTHING`)
	endFence    = statement(`DELETE FROM copies WHERE one = 1 AND kind IN ('fence', 'restored') AND started_at = $1`)

	// A fence is of all accounts, found a few at a time and then changed one by
	// one.
	accountIDs    = statement(`SELECT a.id FROM accounts a WHERE a.id > $1 ORDER BY a.id LIMIT $2`)
	countAccounts = statement(`SELECT count(*) FROM accounts a WHERE a.id <> $1`)
	greatestEpoch = statement(`SELECT COALESCE(max(a.session_epoch), 0) FROM accounts a`)
	isFenced      = statement(`SELECT EXISTS (SELECT 1 FROM epochs e JOIN accounts a ON a.id = $1 AND a.session_epoch = e.epoch
 WHERE e.account_id = $1 AND e.user_id = $2 AND e.raised_at = $3)`)
	fenceAccount = statement(`UPDATE accounts SET session_epoch = session_epoch + $2 WHERE id = $1 RETURNING session_epoch`)
	spendResets  = statement(`UPDATE reset_tokens SET used_at = $2 WHERE account_id = $1 AND used_at IS NULL`)
	// What the writers of the lost history wrote is of no use to anybody: the
	// entry of the fence refuses all that it speaks of.
	forgetWriters = statement(`DELETE FROM writers WHERE id <> $1`)
	forgetLogs    = statement(`DELETE FROM revocation_log WHERE writer_id <> $1`)
)

// Fencing is a fence under way.
type Fencing struct {
	// At is when it began: the time at which the sessions end.
	At time.Time
	// Restored says that what is here was put here from a copy.
	Restored bool
	// signs is the newest sign of life of a node when it began.
	signs time.Time
}

// BeginFence marks the database, so that neither servers nor commands use it
// until EndFence, or goes on with a fence that did not end.
func (db *DB) BeginFence(ctx context.Context, now time.Time) (f Fencing, err error) {
	m, err := readMark(ctx, db.write)
	if err != nil {
		return f, fmt.Errorf("cannot read the database: %w", err)
	}
	f = Fencing{At: now}
	switch {
	case m == nil:
		var id curfew.ID
		if err := db.write.QueryRowContext(ctx, selectInstallation.text).Scan(idInto{&id}); err != nil {
			return f, fmt.Errorf("cannot read the database: %w", err)
		}
		err = db.changeMark(ctx, insertFence, id[:], now.UnixMicro())
	case m.kind == markFence || m.kind == markRestored:
		f.At, f.Restored = m.started, m.kind == markRestored
	case m.unusable() != nil:
		return f, m.unusable()
	default:
		f.Restored = true
		err = db.changeMark(ctx, markFenced, m.started.UnixMicro(), now.UnixMicro())
	}
	if err != nil {
		return f, err
	}
	f.signs, err = db.LastSign(ctx)
	return f, err
}

func (db *DB) changeMark(ctx context.Context, q *query, args ...any) error {
	result, err := db.write.ExecContext(ctx, q.text, args...)
	if err != nil {
		return fmt.Errorf("cannot write to the database: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("somebody else copied or fenced the database in this very moment: see that nobody does, and try again (%w)", ErrAnotherCopy)
	}
	return nil
}

// EndFence takes the mark away, and with it all nodes and logs of the time before
// but the one given, which holds the entry of the fence: no node takes them up.
func (db *DB) EndFence(ctx context.Context, f Fencing, keep curfew.ID) error {
	if signs, err := db.LastSign(ctx); err != nil {
		return err
	} else if !signs.Equal(f.signs) {
		return fmt.Errorf("a server came to life meanwhile: stop it. %w", ErrUnfinishedFence)
	}
	tx, err := db.write.BeginTx(ctx, db.dialect.writing)
	if err != nil {
		return fmt.Errorf("cannot write to the database: %w", err)
	}
	defer tx.Rollback()
	if err := endFenceIn(ctx, tx, f, keep); err != nil {
		return fmt.Errorf("cannot write to the database: %w", err)
	}
	if err := db.commit(tx); err != nil {
		return fmt.Errorf("cannot write to the database: %w", err)
	}
	return nil
}

func endFenceIn(ctx context.Context, tx *sql.Tx, f Fencing, keep curfew.ID) error {
	for _, q := range []*query{forgetWriters, forgetLogs} {
		if _, err := tx.ExecContext(ctx, q.text, keep[:]); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, endFence.text, f.At.UnixMicro())
	return err
}

func (c conn) AccountIDs(ctx context.Context, after curfew.ID, limit int) (ids []curfew.ID, err error) {
	err = c.each(ctx, accountIDs, func(scan func(...any) error) error {
		var id curfew.ID
		err := scan(idInto{&id})
		ids = append(ids, id)
		return err
	}, after[:], limit)
	return ids, err
}

func (c conn) CountAccounts(ctx context.Context) (n int64, err error) {
	err = c.row(ctx, countAccounts, curfew.ZeroID[:]).Scan(&n)
	return n, err
}

func (c conn) GreatestEpoch(ctx context.Context) (epoch int64, err error) {
	err = c.row(ctx, greatestEpoch).Scan(&epoch)
	return epoch, err
}

func (c conn) FenceAccount(ctx context.Context, accountID curfew.ID, by int64, raising authority.Raising) (bool, error) {
	var already bool
	if err := c.row(ctx, isFenced, accountID[:], curfew.ZeroID[:], micros(raising.At)).Scan(&already); err != nil || already {
		return false, err
	}
	var epoch int64
	if err := c.row(ctx, fenceAccount, accountID[:], by).Scan(&epoch); err != nil {
		return false, err
	}
	if err := c.recordEpoch(ctx, accountID, curfew.ZeroID, epoch, raising); err != nil {
		return false, err
	}
	_, err := c.exec(ctx, spendResets, accountID[:], micros(raising.At))
	return true, err
}
