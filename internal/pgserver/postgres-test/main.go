// Command postgres-test gives tests that are not in Go databases on a real
// PostgreSQL server. It starts one, and for each line that it reads prints the
// URL of a new empty database; when there is nothing more to read the server
// ends, and its folder goes.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/pgserver"
)

func main() {
	// Ctrl-C ends whoever writes here first, and by that this.
	signal.Ignore(os.Interrupt)
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "postgres-test:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	server, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		name := fmt.Sprintf("test_%d", n)
		conn, err := pgx.Connect(ctx, server.URL("postgres"))
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
		if err = errors.Join(err, conn.Close(ctx)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, server.URL(name)); err != nil {
			return err
		}
	}
	return lines.Err()
}
