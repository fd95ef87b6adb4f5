package yardstick

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// updateRows is how many rows there are to choose from, updateRange how many
// of them share the first column of the key.
const (
	updateRows  = 100_000
	updateRange = 100
)

// UpdateStatement is the least that any refresh kept in a table needs: one row
// found by its key, changed and returned. The table is as wide as Curfew's own.
const UpdateStatement = `UPDATE raw_updates SET generation = generation + 1, rotated_at = $3, last_active_at = $3, idle_expires_at = $4
 WHERE account_id = $1 AND id = $2 RETURNING generation, rotated_at, last_active_at, idle_expires_at`

// PgbenchScript is the same for pgbench.
const PgbenchScript = `\set id random(0, 99999)
\set account :id / 100
UPDATE raw_updates SET generation = generation + 1, rotated_at = :id, last_active_at = :id, idle_expires_at = :id
 WHERE account_id = :account AND id = :id RETURNING generation, rotated_at, last_active_at, idle_expires_at;
`

const createUpdates = `CREATE TABLE raw_updates (account_id bigint NOT NULL, id bigint NOT NULL, generation bigint NOT NULL,
 rotated_at bigint, last_active_at bigint, idle_expires_at bigint, filler text NOT NULL, PRIMARY KEY (account_id, id))`

// Updates measures how many single-row updates an engine does, each with a
// durable commit of its own.
type Updates struct {
	target Target
	conns  []*pgx.Conn
	file   *sql.DB
	stmt   *sql.Stmt
}

// OpenUpdates makes a table of its own in an empty database, and up to conns
// connections. SQLite has one writer, whatever is asked for, and is set as
// Curfew sets it.
func OpenUpdates(ctx context.Context, t Target, conns int) (*Updates, error) {
	u := &Updates{target: t}
	var err error
	if t.Postgres() {
		err = u.openPostgres(ctx, conns)
	} else {
		err = u.openFile(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("measure single updates: %w", err), u.Close())
	}
	return u, nil
}

const fillUpdates = `INSERT INTO raw_updates (account_id, id, generation, filler) `

func (u *Updates) openPostgres(ctx context.Context, conns int) error {
	err := once(ctx, u.target.URL, createUpdates+" WITH (fillfactor = 70)",
		fillUpdates+fmt.Sprintf("SELECT n / %d, n, 1, repeat('x', 180) FROM generate_series(0, %d) AS n", updateRange, updateRows-1),
		"VACUUM (ANALYZE) raw_updates")
	for len(u.conns) < conns && err == nil {
		var conn *pgx.Conn
		if conn, err = connect(ctx, u.target.URL); err == nil {
			u.conns = append(u.conns, conn)
		}
	}
	if err == nil {
		err = checkpoint(ctx, u.conns[0])
	}
	return err
}

func (u *Updates) openFile(ctx context.Context) (err error) {
	if u.file, err = openFile(u.target.Path, "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-4000)", "wal_autocheckpoint(4000)"); err != nil {
		return err
	}
	for _, text := range []string{createUpdates + " WITHOUT ROWID",
		fmt.Sprintf(`WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n < %d) `, updateRows-1) +
			fillUpdates + fmt.Sprintf(`SELECT n / %d, n, 1, printf('%%.180c', 'x') FROM r`, updateRange)} {
		if _, err = u.file.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	u.stmt, err = u.file.PrepareContext(ctx, UpdateStatement)
	return err
}

// Rate is how many updates a second the engine does on conns connections, over
// about d.
func (u *Updates) Rate(ctx context.Context, conns int, d time.Duration) (float64, error) {
	if u.file != nil {
		conns = 1
	}
	if u.file == nil && conns > len(u.conns) {
		return 0, fmt.Errorf("measure single updates: there are only %d connections", len(u.conns))
	}
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	start := time.Now()
	for i := range conns {
		wg.Go(func() {
			for time.Since(start) < d && ctx.Err() == nil {
				id := rand.Int64N(updateRows)
				if err := u.update(ctx, i, id, time.Now().UnixMicro()); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := failed.Load(); err != nil {
		return 0, fmt.Errorf("measure single updates: %w", *err)
	}
	return float64(done.Load()) / took.Seconds(), nil
}

func (u *Updates) update(ctx context.Context, conn int, id, now int64) error {
	var generation, rotated, active, idle int64
	if u.file != nil {
		return u.stmt.QueryRow(id/updateRange, id, now, now).Scan(&generation, &rotated, &active, &idle)
	}
	return u.conns[conn].QueryRow(ctx, UpdateStatement, id/updateRange, id, now, now).Scan(&generation, &rotated, &active, &idle)
}

// Close closes the connections. The table is left to whoever made the database.
func (u *Updates) Close() error {
	var all []error
	for _, conn := range u.conns {
		all = append(all, conn.Close(context.Background()))
	}
	if u.file != nil {
		all = append(all, u.file.Close())
	}
	return errors.Join(all...)
}
