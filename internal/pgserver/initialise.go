package pgserver

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// superuser is the role that initdb makes, and the database of its name.
const superuser = "postgres"

// access is who may connect: the superuser from this machine without a
// password, anybody else by password.
const access = `host all         postgres 127.0.0.1/32 trust
host replication postgres 127.0.0.1/32 trust
host all         all      127.0.0.1/32 scram-sha-256
`

// settings are the lines of postgresql.conf that differ from PostgreSQL's own,
// without those that the caller gives.
func settings(sync bool) map[string]string {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"max_connections":         "300",
		"lc_messages":             "C", // the start is judged by them
		"log_timezone":            "UTC",
		"timezone":                "UTC",
		"log_line_prefix":         "%m [%p] %d ",
	}
	if !sync {
		all["fsync"] = "off"
		all["full_page_writes"] = "off"
		all["synchronous_commit"] = "off"
	}
	return all
}

// initialise makes the folder of data.
func (s *Server) initialise(ctx context.Context, options Options) error {
	if _, err := os.Stat(s.data()); err == nil {
		return fmt.Errorf("%s already holds a PostgreSQL server", s.dir)
	}
	initdb := s.commandContext(ctx, "initdb", "-D", s.data(), "-U", superuser, "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w:\n%s", err, out)
	}
	all := settings(options.Sync)
	maps.Copy(all, options.Settings)
	return s.configure(all)
}

// configure adds lines to postgresql.conf, and says who may connect.
func (s *Server) configure(settings map[string]string) error {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&lines, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	// The files belong to the account of the server, and are written through:
	// neither their owner nor their mode changes.
	conf, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(lines.String())
	if closeErr := conf.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(access), 0o600)
}

// command is a program of PostgreSQL, as the account that it runs under, in the
// server's folder, and in an environment that says nothing: PGPORT and the
// like must not reach it.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	return s.commandContext(context.Background(), name, args...)
}

func (s *Server) commandContext(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	s.as.set(cmd)
	return cmd
}
