package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/store"
	"github.com/curfew-auth/curfew/internal/token"
)

const (
	// silence is how long no node may have given a sign of life for its
	// database to count as stopped, unless it said that it stops.
	silence = time.Minute
	// copyTimeout bounds the statements of a copy: one reads a whole table.
	copyTimeout = 7 * 24 * time.Hour
)

// Copying says what to copy where.
type Copying struct {
	// From and To name the databases; the secret of From is that of both.
	From, To config.Store
	Now      func() time.Time
	Progress func(store.Progress)
}

// Copy moves an installation's data to another database. Sessions go on there,
// under the same secret. Its errors are sentences for the operator.
func Copy(ctx context.Context, c Copying) (copied []store.Copied, err error) {
	secrets, chain, err := c.secrets()
	if err != nil {
		return nil, err
	}
	from, err := openLong(ctx, c.From, chain)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := c.checkSource(ctx, from, secrets); err != nil {
		return nil, err
	}
	if err := makeFile(c.To); err != nil {
		return nil, err
	}
	to, err := openTarget(ctx, c.To, chain, c.Now())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	copied, err = store.Copy(ctx, from, to, c.Now(), c.Progress)
	if errors.Is(err, store.ErrInUse) {
		err = fmt.Errorf("nothing was copied to %s: %w", c.To.Database(), store.ErrInUse)
	}
	return copied, err
}

// secrets finds the secret that the source was made with.
func (c Copying) secrets() (*token.Secrets, *audit.Chain, error) {
	found, err := look(c.From)
	switch {
	case err != nil:
		return nil, nil, err
	case !found.database:
		return nil, nil, fmt.Errorf("there is no database at %s: correct the source", c.From.Database())
	case found.secret == nil:
		return nil, nil, fmt.Errorf("the secret that %s was made with is not at %s: set CURFEW_SECRET, CURFEW_SECRET_FILE or CURFEW_DATA_DIR", c.From.Database(), c.From.SecretFile)
	}
	return keysOf(c.From, found.secret)
}

// keysOf are the secrets of a text, and the chain of the audit logs under them.
func keysOf(s config.Store, text []byte) (*token.Secrets, *audit.Chain, error) {
	secrets, err := secretsOf(s, text)
	if err != nil {
		return nil, nil, err
	}
	chain, err := newChain(secrets)
	return secrets, chain, err
}

// openLong opens a database for statements that take long.
func openLong(ctx context.Context, s config.Store, chain *audit.Chain) (*store.DB, error) {
	s.DatabaseStatementTimeout = copyTimeout
	return openStore(ctx, s, chain)
}

// checkSource refuses a source that is of another version or secret, or that a
// server uses.
func (c Copying) checkSource(ctx context.Context, from *store.DB, secrets *token.Secrets) error {
	have, _, err := from.Versions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database %s: %w", c.From.Database(), err)
	case have == 0:
		return fmt.Errorf("there is nothing of Curfew in the database %s: correct the source", c.From.Database())
	}
	if err := from.CheckCurrent(ctx); err != nil {
		return fmt.Errorf("cannot copy %s: %w", c.From.Database(), err)
	}
	d := &Data{DB: from, Secrets: secrets, Keys: authority.Keys{Store: from, Secrets: secrets}, Clock: authority.NewClock(c.Now)}
	if err := d.checkSecret(ctx, c.From); err != nil {
		return err
	}
	if err := from.MayUse(ctx); err != nil {
		return fmt.Errorf("cannot copy %s: %w", c.From.Database(), err)
	}
	return mustBeStopped(ctx, from, c.From, c.Now())
}

// mustBeStopped refuses a database on which a server runs.
func mustBeStopped(ctx context.Context, db *store.DB, s config.Store, now time.Time) error {
	last, err := db.LastSign(ctx)
	if ago := now.Sub(last); err == nil && ago < silence {
		return fmt.Errorf("a server used %s %s ago: stop it; where one was killed, wait a minute", s.Database(), max(ago, 0).Round(time.Second))
	}
	return err
}

// makeFile makes the file of a SQLite target that is not there, for its owner
// only.
func makeFile(to config.Store) error {
	path := to.DatabasePath
	if to.DatabaseURL != "" {
		return nil
	}
	if there, err := databaseAt(path); there || err != nil {
		return err
	}
	if folder := filepath.Dir(path); !isFolder(folder) {
		return fmt.Errorf("the target is a file in %s, and there is no such folder: create it, or correct the path", folder)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) { // an empty one
		return nil
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("the database %s cannot be made (%w): make its folder writable, or correct the path", path, cause(err))
	}
	return nil
}

// openTarget opens a database that is to be filled, with the schema of this
// version.
func openTarget(ctx context.Context, s config.Store, chain *audit.Chain, now time.Time) (*store.DB, error) {
	to, err := openLong(ctx, s, chain)
	if err != nil {
		return nil, err
	}
	if err := prepareTarget(ctx, to, s, now); err != nil {
		return nil, errors.Join(err, to.Close())
	}
	return to, nil
}

// prepareTarget makes the schema where there is none.
func prepareTarget(ctx context.Context, to *store.DB, s config.Store, now time.Time) error {
	have, know, err := to.Versions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database %s: %w", s.Database(), err)
	case have == 0:
		return to.Migrate(ctx)
	case have != know:
		return fmt.Errorf("the database %s is of another version of Curfew: give an empty database", s.Database())
	}
	if err := to.CheckCurrent(ctx); err != nil {
		return err
	}
	// In a copy that nobody has used the signs of life are the source's.
	if copied, err := to.IsCopy(ctx); copied || err != nil {
		return err
	}
	return mustBeStopped(ctx, to, s, now)
}
