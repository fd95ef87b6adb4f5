package yardstick

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// fillFile writes without a journal and without flushes, which is why nobody
// else may look, and flushes once at the end, so that nothing of it is still
// on its way to the disk while something is measured.
func fillFile(ctx context.Context, path string, tables []table) (err error) {
	db, err := openFile(path, "journal_mode(OFF)", "synchronous(OFF)", "foreign_keys(0)", "cache_size(-65536)")
	if err != nil {
		return err
	}
	for _, t := range tables {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return errors.Join(fmt.Errorf("fill %s: %w", t.name, err), db.Close())
		}
		places := strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",")
		insert, err := tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES ("+places+")")
		if err != nil {
			return errors.Join(fmt.Errorf("fill %s: %w", t.name, err), tx.Rollback(), db.Close())
		}
		for row := range t.rows {
			// A context that can end costs a goroutine for each statement.
			if _, err = insert.Exec(row...); err != nil {
				break
			}
			if err = ctx.Err(); err != nil {
				break
			}
		}
		if ctx.Err() != nil { // which ends the transaction by itself, in the middle of anything
			err = ctx.Err()
		}
		if err != nil {
			_ = tx.Rollback()
			return errors.Join(fmt.Errorf("fill %s: %w", t.name, err), db.Close())
		}
		if err := tx.Commit(); err != nil {
			return errors.Join(fmt.Errorf("fill %s: %w", t.name, err), db.Close())
		}
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode=WAL")
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return flush(path)
}

// flush waits until a file is on the disk.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
