package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/store"
	"github.com/curfew-auth/curfew/internal/token"
)

// Access says what OpenData may do to data that is not as this version needs
// it. The zero Access opens what is there and current.
type Access struct {
	// Create makes an installation where there is none: folder, secret,
	// database and first signing key.
	Create bool
	// Migrate brings an older database to this version.
	Migrate bool
	// Fence opens a database, too, in which a fence has to come first.
	Fence bool
	// Alg is the algorithm of the first signing key.
	Alg string
	// Now is the wall clock.
	Now func() time.Time
}

// Data is an installation's data, open and ready.
type Data struct {
	DB      *store.DB
	Secrets *token.Secrets
	Chain   *audit.Chain
	Keys    authority.Keys
	// Clock is never earlier than what any node used before.
	Clock *authority.Clock
	// Migrated is the version that the schema had before it was opened, 0 for
	// a new database, and Version the one that it has now.
	Migrated, Version int64
}

// OpenData opens an installation. Its errors are sentences for the operator.
func OpenData(ctx context.Context, c config.Store, access Access) (*Data, error) {
	found, err := look(c)
	if err != nil {
		return nil, err
	}
	if !found.database && !access.Create {
		return nil, noDatabase(c)
	}
	if found.secret == nil && found.database {
		if err := mayMakeSecret(ctx, c, access); err != nil {
			return nil, err
		}
	}
	if found.secret != nil {
		if _, err := secretsOf(c, found.secret); err != nil {
			return nil, err
		}
	}
	if !found.database || found.secret == nil {
		if found.secret, err = found.create(c); err != nil {
			return nil, err
		}
	}
	secrets, chain, err := keysOf(c, found.secret)
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, c, chain)
	if err != nil {
		return nil, err
	}
	clock := authority.NewClock(access.Now)
	db.SetClock(clock.Now)
	d := &Data{DB: db, Secrets: secrets, Chain: chain, Clock: clock,
		Keys: authority.Keys{Store: db, Secrets: secrets, Alg: access.Alg}}
	if err := d.prepare(ctx, c, access); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

func openStore(ctx context.Context, c config.Store, chain *audit.Chain) (*store.DB, error) {
	db, err := store.Open(ctx, store.Options{Path: c.DatabasePath, URL: string(c.DatabaseURL), Chain: chain,
		MaxConns: c.DatabaseMaxConns, StatementTimeout: c.DatabaseStatementTimeout, NoBatch: c.DatabaseNoBatch})
	switch {
	case err != nil && c.DatabaseURL != "":
		return nil, fmt.Errorf("cannot use the database %s: %w", c.Database(), err)
	case err != nil:
		return nil, fmt.Errorf("%w; check the permissions of the file and of its folder", err)
	}
	return db, nil
}

func noDatabase(c config.Store) error {
	if c.DatabaseURL != "" {
		return fmt.Errorf("there is nothing of Curfew in the database %s: correct CURFEW_DATABASE_URL, or start 'curfew serve', which begins there", c.Database())
	}
	return fmt.Errorf("there is no database at %s: correct CURFEW_DATA_DIR or CURFEW_DATABASE_URL, or start 'curfew serve', which makes one", c.DatabasePath)
}

func newChain(secrets *token.Secrets) (*audit.Chain, error) {
	return audit.NewChain(func(id byte) ([32]byte, bool) { return secrets.Key(token.PurposeAudit, id) }, secrets.KeyID())
}

// secretsOf derives the keys of a secret and of those before it.
func secretsOf(c config.Store, secret []byte) (*token.Secrets, error) {
	if c.SecretPrevious == "" {
		return token.NewSecrets(secret)
	}
	secrets, err := token.NewSecrets(secret, bytes.Split([]byte(c.SecretPrevious), []byte("\n"))...)
	if err != nil {
		return nil, fmt.Errorf("CURFEW_SECRET_PREVIOUS cannot be used with the secret in force: %w", err)
	}
	return secrets, nil
}

// prepare checks an open database before it changes anything in it.
func (d *Data) prepare(ctx context.Context, c config.Store, access Access) (err error) {
	d.Migrated, d.Version, err = d.DB.Versions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database %s: %w", c.Database(), err)
	case d.Migrated > d.Version:
		return store.ErrNewer
	case d.Migrated == 0 && !access.Create:
		return noDatabase(c)
	case d.Migrated > 0:
		if err := d.checkSecret(ctx, c); err != nil {
			return err
		}
	}
	if access.Migrate || d.Migrated == 0 {
		if err = d.DB.Migrate(ctx); err == nil {
			err = migrateJobs(ctx, c)
		}
	} else {
		err = d.DB.CheckCurrent(ctx)
	}
	if err != nil {
		return err
	}
	if !access.Fence {
		if err := d.DB.UseCopy(ctx); err != nil {
			return fmt.Errorf("cannot use %s: %w", c.Database(), err)
		}
	}
	if err := d.raiseClock(ctx); err != nil {
		return err
	}
	if access.Create {
		return d.Keys.Ensure(ctx, d.Clock.Now())
	}
	return nil
}

// checkSecret refuses a secret that did not make the database's signing keys.
func (d *Data) checkSecret(ctx context.Context, c config.Store) error {
	_, err := d.Keys.Load(ctx, d.Clock.Now())
	if errors.Is(err, token.ErrWrongSecret) {
		return fmt.Errorf("the secret in %s is not the one of the database %s: put back the secret that this database was made with", secretPlace(c), c.Database())
	}
	return err
}

func (d *Data) raiseClock(ctx context.Context) error {
	return d.DB.View(ctx, func(ctx context.Context, r authority.Reader) error {
		newest, err := r.NewestHeartbeat(ctx)
		if err == nil && !newest.IsZero() {
			d.Clock.Raise(newest)
		}
		return err
	})
}

// mayMakeSecret refuses a new secret beside a database that was made with
// another one: it would make every session and signing key worthless.
func mayMakeSecret(ctx context.Context, c config.Store, access Access) (err error) {
	missing := fmt.Errorf("the database %s was made with a secret that is not at %s: put that file back, or set CURFEW_SECRET", c.Database(), c.SecretFile)
	if !access.Create && c.DatabaseURL == "" {
		return missing
	}
	db, err := openStore(ctx, c, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	have, know, err := db.Versions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database %s: %w", c.Database(), err)
	case have == 0 && access.Create:
		return nil
	case have == 0:
		return noDatabase(c)
	case !access.Create:
		return missing
	case have > know:
		return store.ErrNewer
	}
	used := false
	err = db.View(ctx, func(ctx context.Context, r authority.Reader) error {
		keys, err := r.SigningKeys(ctx)
		if err != nil {
			return err
		}
		accounts, err := r.AnyAccount(ctx)
		used = accounts || len(keys) > 0
		return err
	})
	if err == nil && used {
		err = missing
	}
	return err
}
