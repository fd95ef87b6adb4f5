package pgserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a second server that follows this one, in a folder of its own,
// and returns once every commit here waits until the standby has it on its
// disk. It is a Server like any other, to be closed by itself.
func (s *Server) Standby(ctx context.Context) (*Server, error) {
	standby, err := prepare("")
	if err != nil {
		return nil, err
	}
	err = standby.follow(ctx, s)
	if err == nil {
		err = s.waitForCopies(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, standby.Close())
	}
	return standby, nil
}

// follow copies another server and starts as its standby.
func (s *Server) follow(ctx context.Context, primary *Server) error {
	backup := s.commandContext(ctx, "pg_basebackup", "-D", s.data(), "-d", primary.URL(superuser),
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
	if out, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w:\n%s", err, out)
	}
	return s.startSomewhere(ctx)
}

// waitForCopies makes commits wait for a standby, as soon as there is one.
func (s *Server) waitForCopies(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	// Without Sync commits would wait for nobody.
	if err := s.alter(ctx, "synchronous_standby_names", "*", "synchronous_commit", "on"); err != nil {
		return err
	}
	for {
		var standbys int
		err := s.queryRow(ctx, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'", &standbys)
		if err != nil || standbys > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no standby follows: %w%s", ctx.Err(), s.lastWords(0))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// alter changes settings, given as name and value in turn, while the server
// runs.
func (s *Server) alter(ctx context.Context, settings ...string) error {
	conn, err := pgx.Connect(ctx, s.URL(superuser))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for i := 0; i < len(settings); i += 2 {
		statement := "ALTER SYSTEM SET " + pgx.Identifier{settings[i]}.Sanitize() + " = '" + settings[i+1] + "'"
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "SELECT pg_reload_conf()")
	return err
}

// Promote makes a standby a server that takes writes, and returns once it does.
// The one that it followed must be gone: nothing keeps that from taking writes
// too.
func (s *Server) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL(superuser))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var promoted bool
	seconds := strconv.Itoa(int(startLimit.Seconds()))
	if err := conn.QueryRow(ctx, "SELECT pg_promote(true, "+seconds+")").Scan(&promoted); err != nil {
		return err
	}
	if !promoted {
		return fmt.Errorf("PostgreSQL was not promoted%s", s.lastWords(0))
	}
	return nil
}
