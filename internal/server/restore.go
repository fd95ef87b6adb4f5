package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/store"
	"github.com/curfew-auth/curfew/internal/token"
)

// Restoring says what to restore where.
type Restoring struct {
	// From is the file of a backup, or of another whole copy of a SQLite
	// database.
	From string
	// To names the database, which must be empty, and the secret that the
	// backup was made under.
	To       config.Store
	Now      func() time.Time
	Progress func(store.Progress)
	Fenced   func(done, all int64)
}

// Restore puts a backup into a database and ends all that it granted. Until
// that is done no server starts there. Its errors are sentences for the operator.
func Restore(ctx context.Context, r Restoring) (copied []store.Copied, fenced Fenced, err error) {
	if err := r.checkFile(); err != nil {
		return nil, fenced, err
	}
	found, err := look(r.To)
	if err != nil {
		return nil, fenced, err
	}
	if found.secret == nil {
		return nil, fenced, fmt.Errorf("the secret that the backup was made under is not at %s: put that file back first, or set CURFEW_SECRET or CURFEW_SECRET_FILE", r.To.SecretFile)
	}
	if copied, err = r.copy(ctx, found); err != nil {
		return nil, fenced, err
	}
	fenced, err = Fence(ctx, Fencing{At: r.To, Cause: "restore", Now: r.Now, Progress: r.Fenced})
	if err != nil {
		err = fmt.Errorf("the backup was restored, and its sessions are not ended yet: %w", err)
	}
	return copied, fenced, err
}

// checkFile refuses what is no backup.
func (r Restoring) checkFile() error {
	info, err := os.Stat(r.From)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		return fmt.Errorf("--from is %s, which cannot be read (%w): correct the path", r.From, cause(err))
	}
	if there, err := databaseAt(r.From); err != nil || !there {
		return fmt.Errorf("--from is %s, which is not a backup of Curfew, or cannot be read: correct the path, or its permissions", r.From)
	}
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(r.From + suffix); err == nil && info.Size() > 0 {
			return fmt.Errorf("beside %s there is %s%s, so it is in use, or only a part of a database: give a file that 'curfew backup' wrote", r.From, filepath.Base(r.From), suffix)
		}
	}
	return nil
}

func (r Restoring) copy(ctx context.Context, found findings) (copied []store.Copied, err error) {
	secrets, chain, err := keysOf(r.To, found.secret)
	if err != nil {
		return nil, err
	}
	from, done, err := r.open(ctx, secrets, chain)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if !found.database {
		if _, err := found.create(r.To); err != nil {
			return nil, err
		}
	}
	to, err := openTarget(ctx, r.To, chain, r.Now())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	copied, err = store.Restore(ctx, from, to, r.Now(), r.Progress)
	if errors.Is(err, store.ErrInUse) {
		err = fmt.Errorf("nothing was restored to %s: it holds an installation, which is never overwritten: move it away first, or let CURFEW_DATABASE_URL name an empty database (to end what a database in place granted, run 'curfew fence')", r.To.Database())
	}
	return copied, err
}

// open opens the backup, without ever changing it. done closes it.
func (r Restoring) open(ctx context.Context, secrets *token.Secrets, chain *audit.Chain) (db *store.DB, done func() error, err error) {
	backup, err := store.Open(ctx, store.Options{Path: r.From, ReadOnly: true, Chain: chain})
	if err != nil {
		return nil, nil, err
	}
	older, err := r.check(ctx, backup, secrets)
	if err != nil || older {
		if err := errors.Join(err, backup.Close()); err != nil {
			return nil, nil, err
		}
		return r.openOlder(ctx, chain)
	}
	return backup, backup.Close, nil
}

// check refuses a backup that is not Curfew's, of a later version or of another
// secret, makes one of this version ready, and reports one of an older version.
func (r Restoring) check(ctx context.Context, backup *store.DB, secrets *token.Secrets) (older bool, err error) {
	// What is said of the backup names it, and the place of the secret.
	s := r.To
	s.DatabasePath, s.DatabaseURL = r.From, ""
	have, know, err := backup.Versions(ctx)
	switch {
	case err != nil:
		return false, fmt.Errorf("cannot read the backup %s: %w", r.From, err)
	case have == 0:
		return false, fmt.Errorf("there is nothing of Curfew in %s: correct the path", r.From)
	case have > know:
		return false, fmt.Errorf("cannot restore %s: %w", r.From, store.ErrNewer)
	}
	d := &Data{DB: backup, Secrets: secrets, Keys: authority.Keys{Store: backup, Secrets: secrets}, Clock: authority.NewClock(r.Now)}
	if err := d.checkSecret(ctx, s); err != nil || have < know {
		return true, err
	}
	return false, backup.CheckCurrent(ctx)
}

// openOlder brings a copy of a backup that an older version made to this one.
func (r Restoring) openOlder(ctx context.Context, chain *audit.Chain) (db *store.DB, done func() error, err error) {
	folder, err := os.MkdirTemp("", "curfew-restore-") // for its owner only
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make a folder for a copy of the backup: %w", err)
	}
	remove := func() error { return os.RemoveAll(folder) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	path := filepath.Join(folder, "backup.db")
	if err := copyFile(r.From, path); err != nil {
		return nil, nil, fmt.Errorf("cannot copy the backup to %s: %w", folder, err)
	}
	if db, err = store.Open(ctx, store.Options{Path: path, Chain: chain}); err != nil {
		return nil, nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, func() error { return errors.Join(db.Close(), remove()) }, nil
}

// copyFile copies a file into a new one that only its owner can read.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
