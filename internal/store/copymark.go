package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Why a copy cannot be made, or a database not be used.
var (
	// ErrUnfinishedCopy is a database into which a copy began and did not end.
	ErrUnfinishedCopy = errors.New("the database is an unfinished copy of another one: run 'curfew copy' again until it says that it is done")
	// ErrBackup is a file that 'curfew backup' wrote, whole or not.
	ErrBackup = errors.New("it is a backup, which no server works on: 'curfew restore' puts it into an empty database")
	// ErrUnfinishedBackup is a backup that did not end.
	ErrUnfinishedBackup = errors.New("it is an unfinished backup: take another one")
	// ErrUnfinishedRestore is a database into which a restore began and did
	// not end.
	ErrUnfinishedRestore = errors.New("a restore into the database began and did not end: run 'curfew restore' again until it says that it is done")
	// ErrUnfinishedFence is a database whose sessions began to be ended, and
	// not all were.
	ErrUnfinishedFence = errors.New("the sessions in the database began to be ended, and not all are: run 'curfew fence' until it says that it is done")
	// ErrInUse is a target that holds something else than a copy of the
	// source that nobody has used.
	ErrInUse = errors.New("it holds an installation, which is never overwritten: give an empty database")
	// ErrSourceUsed is a source on which a server ran during the copy.
	ErrSourceUsed = errors.New("a server used the source during the copy: stop it, and copy again")
	// ErrAnotherCopy is a copy that another one took the target from.
	ErrAnotherCopy = errors.New("another copy into it began meanwhile: nothing is changed any more by this one")
)

// markKind is what a mark says of its database.
type markKind string

const (
	// markCopy is a copy: finished, until it is used; else it is not whole.
	markCopy markKind = "copy"
	// markBackup is a backup: finished once it is whole. It is never used.
	markBackup markKind = "backup"
	// markRestore is a restore that is not whole yet; markRestored is whole,
	// and its sessions were not ended yet. Neither is ever finished: the end of
	// the fence takes the mark away.
	markRestore  markKind = "restore"
	markRestored markKind = "restored"
	// markFence is an installation whose sessions are being ended.
	markFence markKind = "fence"
)

// The mark of a copy tells a database that was made by one, until it is used.
// When it began also tells one copy from the next.
var (
	makeInstallation   = statement(`INSERT INTO installation (one, id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING`)
	selectInstallation = statement(`SELECT id FROM installation WHERE one = 1`)

	selectCopy = statement(`SELECT source, started_at, finished_at, kind FROM copies WHERE one = 1`)
	beginCopy  = statement(`INSERT INTO copies (one, source, started_at, finished_at, kind) VALUES (1, $1, $2, NULL, $3)
 ON CONFLICT (one) DO UPDATE SET source = excluded.source, started_at = excluded.started_at, finished_at = NULL, kind = excluded.kind`)
	// againCopy takes a copy only as it was found: it may be used by now.
	againCopy = statement(`UPDATE copies SET started_at = $1, finished_at = NULL, kind = $4
 WHERE one = 1 AND source = $2 AND started_at = $3 AND kind = $5`)
	holdCopy   = statement(`UPDATE copies SET started_at = $1 WHERE one = 1 AND started_at = $1 AND finished_at IS NULL`)
	finishCopy = statement(`UPDATE copies SET finished_at = $2, kind = $3 WHERE one = 1 AND started_at = $1 AND finished_at IS NULL`)
	useCopy    = statement(`DELETE FROM copies WHERE one = 1 AND kind = 'copy' AND finished_at IS NOT NULL`)

	lastSign = statement(`SELECT max(heartbeat) FROM writers WHERE stopped_at IS NULL`)
)

// UseCopy says that the database is used from now on, so that no copy replaces
// what is in it. One that is not to be used, or not yet, is refused in words.
func (db *DB) UseCopy(ctx context.Context) error {
	mark, err := readMark(ctx, db.read)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database: %w", err)
	case mark == nil:
		return nil
	}
	if err := mark.unusable(); err != nil {
		return err
	}
	result, err := db.write.ExecContext(ctx, useCopy.text)
	if err != nil {
		return fmt.Errorf("cannot write to the database: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	// Another node took it into use, or a copy into it began anew.
	if mark, err = readMark(ctx, db.read); err != nil {
		return fmt.Errorf("cannot read the database: %w", err)
	} else if mark == nil {
		return nil
	}
	if err := mark.unusable(); err != nil {
		return err
	}
	return ErrUnfinishedCopy
}

// MayUse says in words why the database is not to be used, or not yet.
func (db *DB) MayUse(ctx context.Context) error {
	mark, err := readMark(ctx, db.read)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database: %w", err)
	case mark == nil:
		return nil
	}
	return mark.unusable()
}

// IsCopy reports whether what is here was copied or restored from elsewhere,
// all of it or not, and nobody has used it.
func (db *DB) IsCopy(ctx context.Context) (bool, error) {
	mark, err := readMark(ctx, db.read)
	if err != nil {
		return false, fmt.Errorf("cannot read the database: %w", err)
	}
	return mark != nil && mark.kind != markFence, nil
}

// LastSign is when a node that did not say that it stops last gave a sign of
// life, zero for never.
func (db *DB) LastSign(ctx context.Context) (t time.Time, err error) {
	if err := db.read.QueryRowContext(ctx, lastSign.text).Scan(timeInto{&t}); err != nil {
		return t, fmt.Errorf("cannot read the database: %w", err)
	}
	return t, nil
}

type mark struct {
	source            curfew.ID
	started, finished time.Time
	kind              markKind
}

// unusable says why no server and no command may work on the database, nil
// where they may.
func (m *mark) unusable() error {
	finished := !m.finished.IsZero()
	switch m.kind {
	case markCopy:
		if finished {
			return nil
		}
		return ErrUnfinishedCopy
	case markBackup:
		if finished {
			return ErrBackup
		}
		return ErrUnfinishedBackup
	case markRestore:
		return ErrUnfinishedRestore
	default:
		return ErrUnfinishedFence
	}
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readMark gives nil where there is no mark.
func readMark(ctx context.Context, q querier) (*mark, error) {
	var m mark
	err := q.QueryRowContext(ctx, selectCopy.text).Scan(idInto{&m.source}, timeInto{&m.started}, timeInto{&m.finished}, &m.kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &m, err
}
