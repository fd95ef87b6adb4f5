package yardstick

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Monitor reads what PostgreSQL counts about itself, on a connection of its
// own.
type Monitor struct{ conn *pgx.Conn }

// Counters only ever grow. Backends hand theirs in about once a second, so
// they mean something over several seconds of steady work.
type Counters struct {
	// Commits are those of the database, reading transactions included; the
	// others are of the whole server: flushes of the write-ahead log, its
	// bytes, and the whole pages in it.
	Commits, Flushes, WALBytes, WALPages int64
}

// Since is what was counted after start.
func (c Counters) Since(start Counters) Counters {
	return Counters{c.Commits - start.Commits, c.Flushes - start.Flushes, c.WALBytes - start.WALBytes, c.WALPages - start.WALPages}
}

// OpenMonitor connects to a database.
func OpenMonitor(ctx context.Context, address string) (*Monitor, error) {
	conn, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	return &Monitor{conn}, nil
}

// Counters reads them. It is no part of what it reads, but for one commit.
func (m *Monitor) Counters(ctx context.Context) (c Counters, err error) {
	err = m.conn.QueryRow(ctx, `SELECT d.xact_commit, w.wal_sync, w.wal_bytes::bigint, w.wal_fpi
 FROM pg_stat_database d, pg_stat_wal w WHERE d.datname = current_database()`).Scan(&c.Commits, &c.Flushes, &c.WALBytes, &c.WALPages)
	if err != nil {
		return Counters{}, fmt.Errorf("read the database's counters: %w", err)
	}
	return c, nil
}

// Describe is the server's version and the settings that decide what a commit
// costs.
func (m *Monitor) Describe(ctx context.Context) (text string, err error) {
	err = m.conn.QueryRow(ctx, `SELECT 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')
 || ', synchronous_commit ' || current_setting('synchronous_commit') || ', shared_buffers ' || current_setting('shared_buffers')`).Scan(&text)
	return text, err
}

// BackendPID is the process that answers this connection, on the server's
// machine.
func (m *Monitor) BackendPID() int { return int(m.conn.PgConn().PID()) }

// Close closes the connection.
func (m *Monitor) Close() error { return m.conn.Close(context.Background()) }
