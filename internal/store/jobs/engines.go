package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // registers the driver

	"github.com/curfew-auth/curfew/internal/store"
)

// conns is how many connections a node has to PostgreSQL for the queue.
const conns = 4

// migrate makes or changes the tables of the queue.
func migrate[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], schema string) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// openSQLite makes the file anew: nothing in it is missed, and nothing of a
// process that was killed is left as if it were under way.
func openSQLite(ctx context.Context, o Options, config *river.Config) (*Queue, error) {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(o.Path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	// SQLite gives what it makes beside it the same rights.
	file, err := os.OpenFile(o.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	// What is lost with the machine is not missed either, so nothing waits for
	// the disk.
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: o.Path}).EscapedPath()+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=cache_size(-2000)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	driver := riversqlite.New(pool)
	if err := migrate(ctx, driver, ""); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	c, err := river.NewClient(driver, config)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &Queue{client: c, close: pool.Close}, nil
}

func openPostgres(ctx context.Context, o Options, config *river.Config) (*Queue, error) {
	pool, schema, err := connect(ctx, o.URL)
	if err != nil {
		return nil, err
	}
	shut := func() error { pool.Close(); return nil }
	config.Schema = schema
	c, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return nil, errors.Join(err, shut())
	}
	return &Queue{client: c, close: shut}, nil
}

// Migrate makes or changes the tables of the queue on PostgreSQL, in a schema of
// their own. It may be repeated, also by several nodes at once.
func Migrate(ctx context.Context, databaseURL string) error {
	pool, schema, err := connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	// One node after the other, as for the tables of the store.
	locked, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer locked.Release()
	if _, err := locked.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return err
	}
	defer func() { _, _ = locked.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationLock) }()
	if err := makeSchema(ctx, pool, schema); err != nil {
		return fmt.Errorf("cannot make the schema %s for the queue of webhooks: %w", schema, err)
	}
	if err := migrate(ctx, riverpgxv5.New(pool), schema); err != nil {
		return fmt.Errorf("cannot make the queue of webhooks: %w", err)
	}
	return nil
}

// migrationLock is an advisory lock of the database, of no other use.
const migrationLock = int64(0x6375726665776a62)

// makeSchema makes the schema where it is missing: who may not make one may be
// given it.
func makeSchema(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	there := false
	if err := pool.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, schema).Scan(&there); err != nil || there {
		return err
	}
	_, err := pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgx.Identifier{schema}.Sanitize())
	return err
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,50}$`)

// connect opens a pool, and names the schema: curfew_jobs, or another beside
// tables that are not in public.
func connect(ctx context.Context, databaseURL string) (*pgxpool.Pool, string, error) {
	conn, err := store.PostgresConfig(databaseURL, store.DefaultStatementTimeout)
	if err != nil { // whose words show no password
		return nil, "", err
	}
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, "", errors.New("the URL of the database is not right")
	}
	config.MaxConns, config.ConnConfig = conns, conn
	config.PingTimeout = conn.ConnectTimeout // the queue asks without a deadline
	conn.RuntimeParams["application_name"] = "curfew jobs"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, "", err
	}
	var current string
	if err := pool.QueryRow(ctx, `SELECT current_schema()`).Scan(&current); err != nil {
		pool.Close()
		return nil, "", err
	}
	schema := "curfew_jobs"
	if current != "public" {
		if !plainName.MatchString(current) {
			pool.Close()
			return nil, "", fmt.Errorf("the schema %q has no plain name", current)
		}
		schema = current + "_jobs"
	}
	return pool, schema, nil
}
