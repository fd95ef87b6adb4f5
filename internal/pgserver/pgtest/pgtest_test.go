package pgtest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

// tables counts the tables of a database that are nobody's but the test's.
func tables(t *testing.T, url string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDatabase(t *testing.T) {
	var url string
	t.Run("has", func(t *testing.T) {
		url = Database(t)
		Exec(t, url, "CREATE TABLE x ()", "CREATE TABLE y ()")
		if n := tables(t, url); n != 2 {
			t.Errorf("%d tables", n)
		}
		if n := tables(t, Database(t)); n != 0 {
			t.Errorf("another database has %d tables", n)
		}
		// A connection that is left open does not keep the database.
		if _, err := pgx.Connect(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	})
	if err := executeAt(url, "SELECT 1"); err == nil {
		t.Error("the database is still there after its test")
	}
}

func TestFromTemplate(t *testing.T) {
	var built atomic.Int64
	build := func(url string) error {
		built.Add(1)
		return executeAt(url, "CREATE TABLE x ()")
	}
	t.Run("copies", func(t *testing.T) {
		for i := range 4 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				url := FromTemplate(t, "one table", build)
				if n := tables(t, url); n != 1 {
					t.Errorf("%d tables", n)
				}
				Exec(t, url, "CREATE TABLE y ()")
			})
		}
	})
	if n := built.Load(); n != 1 {
		t.Errorf("built %d times", n)
	}
	if n := tables(t, FromTemplate(t, "no table", func(string) error { return nil })); n != 0 {
		t.Errorf("the other template has %d tables", n)
	}

	failed := errors.New("no bricks")
	of := &recorder{TB: t}
	for range 2 {
		func() {
			defer func() { _ = recover() }()
			FromTemplate(of, "fails", func(string) error { built.Add(1); return failed })
		}()
	}
	if len(of.fatal) != 2 || built.Load() != 2 {
		t.Errorf("%d builds, failures %q", built.Load(), of.fatal)
	}
}

// recorder notes what a test would end with.
type recorder struct {
	testing.TB
	fatal []string
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = append(r.fatal, fmt.Sprintf(format, args...))
	panic("fatal")
}
