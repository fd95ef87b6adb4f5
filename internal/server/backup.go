package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/store"
)

// BackingUp says what to back up where.
type BackingUp struct {
	From config.Store
	// To is the file to write. What is there already is kept unless Overwrite
	// is set, and then until the new one is whole.
	To        string
	Overwrite bool
	Now       func() time.Time
	Progress  func(store.Progress)
}

// Backup writes all that is in the database at one moment to a file, beside
// servers that go on. It needs no secret, and puts none into the file. Its
// errors are sentences for the operator.
func Backup(ctx context.Context, b BackingUp) (copied []store.Copied, err error) {
	from, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	part, err := b.begin()
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			os.Remove(part + suffix) // all is there no more, or another error is the one to report
		}
	}()
	if copied, err = b.write(ctx, from, part); err != nil {
		return nil, err
	}
	return copied, b.end(part)
}

// open opens the source.
func (b BackingUp) open(ctx context.Context) (*store.DB, error) {
	if b.From.DatabaseURL == "" {
		if there, err := databaseAt(b.From.DatabasePath); err != nil {
			return nil, err
		} else if !there {
			return nil, noDatabase(b.From)
		}
	}
	from, err := openLong(ctx, b.From, nil)
	if err != nil {
		return nil, err
	}
	if err := checkSource(ctx, from, b.From); err != nil {
		return nil, errors.Join(err, from.Close())
	}
	return from, nil
}

// checkSource makes a store ready whose schema is this version's and which is in
// use, or may be.
func checkSource(ctx context.Context, db *store.DB, s config.Store) error {
	have, _, err := db.Versions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database %s: %w", s.Database(), err)
	case have == 0:
		return noDatabase(s)
	}
	if err := db.CheckCurrent(ctx); err != nil {
		return fmt.Errorf("cannot use %s: %w", s.Database(), err)
	}
	if err := db.MayUse(ctx); err != nil {
		return fmt.Errorf("cannot back up %s: %w", s.Database(), err)
	}
	return nil
}

// begin makes the file that is written, beside the one that is asked for.
func (b BackingUp) begin() (part string, err error) {
	if err := b.mayWrite(); err != nil {
		return "", err
	}
	folder := filepath.Dir(b.To)
	if !isFolder(folder) {
		return "", fmt.Errorf("--to is a file in %s, and there is no such folder: create it, or correct the path", folder)
	}
	file, err := os.CreateTemp(folder, filepath.Base(b.To)+".*.part") // for its owner only
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return "", fmt.Errorf("cannot write to the folder %s (%w): make it writable, or correct the path", folder, cause(err))
	}
	return file.Name(), nil
}

// mayWrite refuses what would be lost by the backup.
func (b BackingUp) mayWrite() error {
	info, err := os.Stat(b.To)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("--to is %s, which cannot be looked at (%w): correct the path", b.To, cause(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("--to is %s, which is not a file: give the path of a file", b.To)
	}
	if b.From.DatabaseURL == "" {
		if source, err := os.Stat(b.From.DatabasePath); err == nil && os.SameFile(source, info) {
			return fmt.Errorf("--to is the database itself: give another file")
		}
	}
	if !b.Overwrite {
		return fmt.Errorf("%s is there already: give another name, or --overwrite", b.To)
	}
	return nil
}

// write fills the file.
func (b BackingUp) write(ctx context.Context, from *store.DB, part string) (copied []store.Copied, err error) {
	to, err := openLong(ctx, config.Store{DatabasePath: part}, nil)
	if err != nil {
		return nil, err
	}
	if err = to.MakeSchema(ctx); err == nil {
		copied, err = store.Backup(ctx, from, to, b.Now(), b.Progress)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return nil, fmt.Errorf("no backup was written: %w", err)
	}
	if err := store.SingleFile(ctx, part); err != nil {
		return nil, fmt.Errorf("no backup was written: cannot finish the file: %w", err)
	}
	return copied, nil
}

// end gives the file, which is whole, its name.
func (b BackingUp) end(part string) error {
	if err := onDisk(part); err != nil {
		return fmt.Errorf("cannot put the backup on the disk: %w", err)
	}
	err := error(nil)
	if b.Overwrite {
		err = os.Rename(part, b.To)
	} else if err = os.Link(part, b.To); err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without links: look, and take the name.
		if err = b.mayWrite(); err == nil {
			err = os.Rename(part, b.To)
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s came to be there meanwhile: give another name, or --overwrite", b.To)
	case err != nil:
		return fmt.Errorf("the backup cannot be called %s (%w)", b.To, cause(err))
	}
	if err := onDisk(filepath.Dir(b.To)); err != nil {
		return fmt.Errorf("cannot put the backup's name on the disk: %w", err)
	}
	return nil
}

// onDisk waits until a file, or a folder's list of names, is on the disk.
func onDisk(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
