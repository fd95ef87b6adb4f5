// Command postgres-test gives tests of other programs and modules databases on
// a real PostgreSQL server. It starts one, and for each empty line that it
// reads prints the URL of a new empty database; when there is nothing more to
// read the server ends, and its folder goes. With -durable commits wait for the
// disk.
//
// Other lines are orders, answered with "done" or what went wrong: stop and
// start the server, copy all its data while it is stopped, and put the copy
// back.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/pgserver"
)

func main() {
	durable := flag.Bool("durable", false, "let commits wait for the disk")
	flag.Parse()
	// Ctrl-C ends whoever writes here first, and by that this.
	signal.Ignore(os.Interrupt)
	if err := run(context.Background(), pgserver.Options{Sync: *durable}, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "postgres-test:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options pgserver.Options, in io.Reader, out io.Writer) (err error) {
	server, err := pgserver.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		var answer string
		if order := lines.Text(); order == "" {
			answer, err = newDatabase(ctx, server, fmt.Sprintf("test_%d", n))
			if err != nil {
				return err
			}
		} else {
			answer = "done"
			if err := obey(ctx, server, order); err != nil {
				answer = strings.ReplaceAll(err.Error(), "\n", " ")
			}
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func newDatabase(ctx context.Context, server *pgserver.Server, name string) (string, error) {
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	return server.URL(name), errors.Join(err, conn.Close(ctx))
}

func obey(ctx context.Context, server *pgserver.Server, order string) error {
	data, kept := filepath.Join(server.Dir(), "data"), filepath.Join(server.Dir(), "copy")
	switch order {
	case "stop":
		return server.Stop()
	case "start":
		return server.Restart(ctx)
	case "copy", "put back":
		if server.PID() != 0 {
			return errors.New("the server is not stopped")
		}
		from, to := data, kept
		if order == "put back" {
			from, to = kept, data
		}
		if err := os.RemoveAll(to); err != nil {
			return err
		}
		return exec.Command("cp", "-a", from, to).Run() // with owners and modes
	}
	return fmt.Errorf("no such order: %q", order)
}
