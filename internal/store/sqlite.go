package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var sqliteDialect = dialect{
	goose: goose.DialectSQLite3,
	ddl: strings.NewReplacer("{{clustered}}", "WITHOUT ROWID", "{{hot}}", "", "{{bytewise}}", "", "{{only where one writes}}", "",
		"{{time(}}", "strftime('%Y-%m-%dT%H:%M:%fZ', ", "{{)}}", " / 1000000.0, 'unixepoch')"),
	name:      "SQLite",
	version:   `SELECT sqlite_version()`,
	versioned: `SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'goose_db_version'`,
	clock:     `SELECT CAST(unixepoch('subsec') * 1000000 AS bigint)`,
	conflict:  sqliteCode(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED),
	lost:      func(error) bool { return false },
	blocked:   func(error) bool { return false },
	oneWriter: true,
	starts:    lookPacked,
	tell:      tellInTurn,
	appendLog: appendOneByOne,
	verifiers: verifiersOneByOne,
	rotate:    rotatePacked,
	standings: standingsPacked,
	batched:   []*query{rotateQuietly, selectRotated},
	started:   []*query{packedAccounts, packedPeople, packedStarts},
	looked:    []*query{selectPacked},
	rotators:  1,
	lookers:   1,
	clear: func(tables []string) (texts []string) {
		for _, name := range tables {
			texts = append(texts, "DELETE FROM "+name)
		}
		return texts
	},
	rowsAtOnce: 1, // reading a long statement costs more than many short ones
}

// sqliteReaders is how many connections read at once; more only cost memory.
const sqliteReaders = 4

// openSQLite opens the pools of a file: one connection that writes, a few that can only
// read, and one that copies the log.
func openSQLite(ctx context.Context, o Options) (*DB, error) {
	// A log that had to grow is cut back to what it usually takes (restartPages).
	writing, reading := "_txlock=immediate&_pragma=journal_size_limit(67108864)", "_pragma=query_only(1)"
	if o.ReadOnly {
		writing, reading = "mode=ro&immutable=1", "mode=ro&immutable=1"
	}
	write, err := sqlitePool(o, writing, 1, sqlitePatience)
	if err != nil {
		return nil, err
	}
	read, err := sqlitePool(o, reading, sqliteReaders, sqlitePatience)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db := &DB{dialect: sqliteDialect, write: write, read: read, batch: write, log: write, chain: o.Chain, writers: 1}
	if !o.ReadOnly {
		o.Wrap = nil // what it does is nobody's statement
		own, err := sqlitePool(o, "mode=rw", 1, 50*time.Millisecond)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		db.checkpoints = newCheckpointer(own, write)
	}
	// Whoever switches a new file to WAL keeps others out for a moment, and
	// the busy timeout does not hold there.
	if err := db.retry(ctx, func() error { return write.PingContext(ctx) }); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the database %s: %w", o.Path, err), db.Close())
	}
	return db, nil
}

// sqlitePatience is how long a connection waits for another process's lock.
const sqlitePatience = 5 * time.Second

func sqlitePool(o Options, own string, conns int, patience time.Duration) (*sql.DB, error) {
	// busy_timeout first: the pragmas after it may have to wait for another
	// process.
	dsn := fmt.Sprintf("%s%s&_pragma=busy_timeout(%d)", sqliteFile(o.Path), own, patience.Milliseconds())
	if !o.ReadOnly {
		dsn += "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	}
	dsn += "&_pragma=foreign_keys(1)&_pragma=cache_size(-4000)&_pragma=wal_autocheckpoint(" + inlinePages + ")&_pragma=temp_store(MEMORY)"
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", o.Path, err)
	}
	return newPool(o.wrapped(connector), conns), nil
}

// sqliteFile is the URL of a file, to which parameters are added.
func sqliteFile(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" }

// SingleFile makes a SQLite database that nobody has open a single file, which
// can be copied and kept as it is, and puts it on the disk.
func SingleFile(ctx context.Context, path string) error {
	connector, err := sqlite.NewConnector(sqliteFile(path) + "_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	pool := newPool(connector, 1)
	var mode string
	err = pool.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	if err == nil && mode != "delete" {
		err = fmt.Errorf("its journal mode stays %s", mode)
	}
	return errors.Join(err, pool.Close())
}

// wrapped puts what the tests watch with between database/sql and the driver.
func (o Options) wrapped(c driver.Connector) driver.Connector {
	if o.Wrap != nil {
		return o.Wrap(c)
	}
	return c
}

// newPool keeps its connections open when they are idle.
func newPool(c driver.Connector, conns int) *sql.DB {
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool
}

// sqliteCode reports whether an error has one of the extended result codes.
func sqliteCode(codes ...int) func(error) bool {
	return func(err error) bool {
		var e *sqlite.Error
		if !errors.As(err, &e) {
			return false
		}
		for _, code := range codes {
			if e.Code() == code {
				return true
			}
		}
		return false
	}
}
