package main

import (
	"bufio"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestRun(t *testing.T) {
	asking, questions := io.Pipe()
	answers, answering := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), asking, answering) }()
	lines := bufio.NewScanner(answers)
	seen := map[string]bool{}
	for range 2 {
		if _, err := io.WriteString(questions, "\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatal("no answer")
		}
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
