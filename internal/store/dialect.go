package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between engines. Nothing else in the package
// knows which one it talks to.
type dialect struct {
	goose goose.Dialect
	// ddl replaces the marks in migrations.
	ddl *strings.Replacer
	// clock reads the engine's own clock in Unix microseconds; its only use
	// is to notice that this machine's clock disagrees.
	clock string
	// transient reports an error after which the whole transaction may be
	// tried again.
	transient func(error) bool
	// rotate runs waiting refreshes in one transaction.
	rotate func(ctx context.Context, db *DB, tx *sql.Tx, calls []*rotateCall) error
}

var sqliteDialect = dialect{
	goose:     goose.DialectSQLite3,
	ddl:       strings.NewReplacer("{{clustered}}", "WITHOUT ROWID", "{{hot}}", ""),
	clock:     `SELECT CAST(unixepoch('subsec') * 1000000 AS bigint)`,
	transient: sqliteCode(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED),
	rotate:    rotateOneByOne,
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
