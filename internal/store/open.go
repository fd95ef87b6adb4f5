// Package store is the one SQL layer: the same schema and the same statements
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
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say how to open a store.
type Options struct {
	// Path is the SQLite file. Its folder must exist.
	Path string
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

// readers is how many connections read at once; more only cost memory.
const readers = 4

// Open opens the database and changes nothing in it but, when the file is
// new, its journal mode. Migrate, or CheckCurrent, comes before any use.
func Open(ctx context.Context, o Options) (*DB, error) {
	write, err := openPool(o, "_txlock=immediate", 1)
	if err != nil {
		return nil, err
	}
	read, err := openPool(o, "_pragma=query_only(1)", readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db := &DB{dialect: sqliteDialect, write: write, read: read, chain: o.Chain}
	// Whoever switches a new file to WAL keeps others out for a moment, and
	// the busy timeout does not hold there.
	if err := db.retry(ctx, func() error { return write.PingContext(ctx) }); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the database %s: %w", o.Path, err), db.Close())
	}
	return db, nil
}

func openPool(o Options, own string, conns int) (*sql.DB, error) {
	// busy_timeout first: the pragmas after it may have to wait for another
	// process. A larger checkpoint keeps it out of most commits' way.
	dsn := "file:" + (&url.URL{Path: o.Path}).EscapedPath() + "?" + own +
		"&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-4000)&_pragma=wal_autocheckpoint(4000)&_pragma=temp_store(MEMORY)"
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", o.Path, err)
	}
	var c driver.Connector = connector
	if o.Wrap != nil {
		c = o.Wrap(c)
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}

// Versions tell which schema a database has, and which this binary knows; 0
// is an empty database.
func (db *DB) Versions(ctx context.Context) (have, know int64, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, 0, err
	}
	return p.GetVersions(ctx)
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
	return goose.NewProvider(db.dialect.goose, db.write, nil, goose.WithGoMigrations(all...), goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// Migrate brings the schema to this binary's version and makes the store
// ready. A newer database is refused with ErrNewer and not touched.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.up(ctx); err != nil {
		return err
	}
	seal := db.chain.SealHead(curfew.ZeroID, audit.Head{})
	if _, err := db.write.ExecContext(ctx, zeroAccount.text, curfew.ZeroID[:], make([]byte, 32), seal[:]); err != nil {
		return fmt.Errorf("cannot migrate the database: %w", err)
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
			return fmt.Errorf("cannot migrate the database: %w", err)
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
	if db.writes, err = prepare(ctx, db.write); err != nil {
		return err
	}
	if db.reads, err = prepare(ctx, db.read); err != nil {
		return err
	}
	db.rotations = newBatcher(db.rotateBatch)
	db.standings = newBatcher(db.standingBatch)
	return nil
}
