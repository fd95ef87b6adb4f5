package main

import (
	"bufio"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/pgserver"
)

func TestRun(t *testing.T) {
	asking, questions := io.Pipe()
	answers, answering := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), pgserver.Options{}, asking, answering) }()
	lines := bufio.NewScanner(answers)
	ask := func(line string) string {
		if _, err := io.WriteString(questions, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatal("no answer")
		}
		return lines.Text()
	}
	seen := map[string]bool{}
	for range 2 {
		ask("")
		conn, err := pgx.Connect(t.Context(), lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE x ()"); err != nil { // twice only in two databases
			t.Error(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
		seen[lines.Text()] = true
	}
	for _, order := range []string{"copy", "dance"} {
		if got := ask(order); got == "done" {
			t.Errorf("%s, while the server runs: %s", order, got)
		}
	}
	for url := range seen {
		for _, order := range []string{"stop", "copy", "start"} {
			if got := ask(order); got != "done" {
				t.Fatalf("%s: %s", order, got)
			}
		}
		drop(t, url)
		for _, order := range []string{"stop", "put back", "start"} {
			if got := ask(order); got != "done" {
				t.Fatalf("%s: %s", order, got)
			}
		}
		if n := tables(t, url); n != 1 {
			t.Errorf("%d tables after the copy was put back", n)
		}
		break
	}
	if err := questions.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for url := range seen {
		if _, err := pgx.Connect(t.Context(), url); err == nil {
			t.Errorf("%s is still there", url)
		}
	}
}

func drop(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "DROP TABLE x"); err != nil {
		t.Error(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func tables(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE tablename = 'x'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
