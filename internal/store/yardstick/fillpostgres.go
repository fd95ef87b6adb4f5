package yardstick

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// fillPostgres copies each table in, each in one commit that waits for no disk.
func fillPostgres(ctx context.Context, address string, tables []table) error {
	conn, err := connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "SET synchronous_commit = off"); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	// Without the checks of foreign keys it takes half the time. Only a
	// superuser may; others wait longer.
	if err := unlessForbidden(conn.Exec(ctx, "SET session_replication_role = replica")); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	for _, t := range tables {
		next, stop := iter.Pull(t.rows)
		_, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, _ := next()
			return row, nil
		}))
		stop()
		if err != nil {
			return fmt.Errorf("fill %s: %w", t.name, err)
		}
	}
	for _, t := range tables {
		if _, err := conn.Exec(ctx, "VACUUM (ANALYZE) "+t.name); err != nil {
			return fmt.Errorf("fill %s: %w", t.name, err)
		}
	}
	return checkpoint(ctx, conn)
}

// checkpoint has the server write all that it holds back, so that it does not
// have to while something is measured. Where that is forbidden it is left out.
func checkpoint(ctx context.Context, conn *pgx.Conn) error {
	if err := unlessForbidden(conn.Exec(ctx, "CHECKPOINT")); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// unlessForbidden is an error that is not about rights.
func unlessForbidden(_ pgconn.CommandTag, err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "42501" { // insufficient_privilege
		return nil
	}
	return err
}
