// Package store is the one SQL layer: the same tables and the same statements
// on every engine, through database/sql. It implements authority.Store.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say how to open a store.
type Options struct {
	// Path is the SQLite file. Its folder must exist.
	Path string
	// ReadOnly never changes that file, which nobody else may change meanwhile
	// either: it may be on a medium that cannot be written to.
	ReadOnly bool
	// URL is a PostgreSQL server's, in place of Path.
	URL string
	// MaxConns and StatementTimeout are for PostgreSQL; 0 for the defaults.
	MaxConns         int
	StatementTimeout time.Duration
	// NoBatch keeps each statement and each transaction of PostgreSQL's hot
	// path to one account: for an engine that shards by account.
	NoBatch bool
	// Chain binds audit events to each other.
	Chain *audit.Chain
	// Wrap, when not nil, stands between database/sql and the driver: tests
	// count statements and inject faults there.
	Wrap func(driver.Connector) driver.Connector
}

// ErrNewer says that the database was written by a newer Curfew.
var ErrNewer = errors.New("the database was written by a newer version of Curfew: start that version, or restore a backup made by this one")

// ErrOlder says that the database must be migrated first.
var ErrOlder = errors.New("the database is from an older version of Curfew: run 'curfew migrate', or start 'curfew serve', which migrates")

// Open opens the database and changes nothing in it but, when it is a new file,
// its journal mode. Migrate, or CheckCurrent, comes before any use.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.URL != "" {
		return openPostgres(ctx, o)
	}
	return openSQLite(ctx, o)
}

// Versions tell which schema a database has, and which this binary knows; 0
// is an empty database. It is only looked at: another program's, met by
// mistake, gets no table of ours.
func (db *DB) Versions(ctx context.Context) (have, know int64, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, 0, err
	}
	ours := false
	if err := db.write.QueryRowContext(ctx, db.dialect.versioned).Scan(&ours); err != nil {
		return 0, 0, explain(err)
	}
	if !ours {
		all := p.ListSources()
		return 0, all[len(all)-1].Version, nil
	}
	have, know, err = p.GetVersions(ctx)
	return have, know, explain(err)
}

// provider is goose over our migrations, with each engine's own words put in.
func (db *DB) provider() (*goose.Provider, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		version, err := goose.NumericComponent(filepath.Base(name))
		if err != nil {
			return nil, err
		}
		ddl := db.dialect.ddl.Replace(string(text))
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, ddl)
			return err
		}}, nil))
	}
	options := []goose.ProviderOption{goose.WithGoMigrations(all...), goose.WithSlog(slog.New(slog.DiscardHandler))}
	if db.dialect.migrating != nil {
		locker, err := db.dialect.migrating()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(db.dialect.goose, db.write, nil, options...)
}

// Migrate brings the schema to this binary's version and makes the store
// ready. A newer database is refused with ErrNewer and not touched.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.up(ctx); err != nil {
		return err
	}
	seal := db.chain.SealHead(curfew.ZeroID, audit.Head{})
	if _, err := db.write.ExecContext(ctx, zeroAccount.text, curfew.ZeroID[:], make([]byte, 32), seal[:]); err != nil {
		return fmt.Errorf("cannot migrate the database: %w", explain(err))
	}
	installation := curfew.NewID(time.Now())
	if _, err := db.write.ExecContext(ctx, makeInstallation.text, installation[:]); err != nil {
		return fmt.Errorf("cannot migrate the database: %w", err)
	}
	return db.ready(ctx)
}

// MakeSchema is Migrate without a secret, for a database whose rows all come
// from another one.
func (db *DB) MakeSchema(ctx context.Context) error {
	if err := db.up(ctx); err != nil {
		return err
	}
	return db.ready(ctx)
}

// up runs the migrations that are missing. Another process may be at it too:
// whoever comes second fails, finds the version moved, and looks again.
func (db *DB) up(ctx context.Context) error {
	for before := int64(-1); ; {
		have, know, err := db.Versions(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("cannot read the database's version: %w", err)
		case have > know:
			return ErrNewer
		case have == know:
			return nil
		}
		p, err := db.provider()
		if err != nil {
			return err
		}
		if _, err := p.Up(ctx); err != nil && have == before {
			return fmt.Errorf("cannot migrate the database: %w", explain(err))
		}
		before = have
	}
}

// CheckCurrent makes the store ready when its schema is this binary's, and
// else says what to do: for commands beside a running server.
func (db *DB) CheckCurrent(ctx context.Context) error {
	have, know, err := db.Versions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the database's version: %w", err)
	case have > know:
		return ErrNewer
	case have < know:
		return ErrOlder
	}
	return db.ready(ctx)
}

// ready prepares the statements and starts the batches.
func (db *DB) ready(ctx context.Context) (err error) {
	writes := register
	if lock := db.dialect.lockAccount; lock != nil {
		writes = append(slices.Clip(writes), lock)
	}
	writes = append(slices.Clip(writes), db.dialect.started...)
	if db.writes, err = prepare(ctx, db.write, writes...); err != nil {
		return err
	}
	db.reads = db.writes
	if db.read != db.write {
		if db.reads, err = prepare(ctx, db.read, append(slices.Clip(register), db.dialect.looked...)...); err != nil {
			return err
		}
	}
	if db.batches, err = prepare(ctx, db.batch, db.dialect.batched...); err != nil {
		return err
	}
	db.rotations = newBatcher(batching[*rotateCall]{run: db.rotateBatch, workers: db.dialect.rotators, most: maxBatch, apart: db.dialect.apart})
	db.standings = newBatcher(batching[*standingCall]{run: db.standingBatch, workers: db.dialect.lookers, most: maxBatch, apart: db.dialect.apart})
	db.longest = longTogether
	if db.now == nil {
		db.now = time.Now
	}
	db.fenceID = curfew.NewID(db.now())
	db.transactions = db.newLane(db.write, nil, db.writers, !db.dialect.oneWriter)
	db.checkpoints.committed() // by migrations
	db.logged = db.newLane(db.log, new(logWriter), 1, db.dialect.apart)
	db.bulk = db.newLane(db.write, new(logWriter), 1, !db.dialect.oneWriter)
	db.starts = db.transactions
	if db.dialect.starts != nil {
		db.starts = db.newLane(db.batch, nil, 1, false)
		db.starts.starts = true
	}
	return nil
}
