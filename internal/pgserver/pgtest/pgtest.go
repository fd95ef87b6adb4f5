// Package pgtest gives tests databases on a real PostgreSQL server: one server
// for each test binary, started when first asked for, and a database of its own
// for each test.
//
// The server does not wait for the disk. A test of what happens when a server
// dies starts one itself, with pgserver.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/curfew-auth/curfew/internal/pgserver"
)

// Runner is what runs tests: testing.M, or what stands before it.
type Runner interface{ Run() int }

// Main is for TestMain: it runs the tests, ends the server, and exits.
func Main(m Runner) { os.Exit(With(m).Run()) }

// With is for a TestMain that does more: a Runner that runs the tests and then
// ends the server.
func With(m Runner) Runner { return runner{m} }

type runner struct{ Runner }

func (r runner) Run() int {
	inMain.Store(true)
	code := r.Runner.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "ending the PostgreSQL of the tests:", err)
		code = max(code, 1)
	}
	return code
}

// inMain is whether somebody will end the server.
var inMain atomic.Bool

// shared is the server of this test binary.
var shared struct {
	mu        sync.Mutex
	server    *pgserver.Server
	err       error
	templates map[string]*template
	spare     map[string][]string // emptied databases, by name
}

// names counts databases.
var names atomic.Int64

// limit is how long a statement about databases may take on a busy machine.
const limit = time.Minute

// Server is the server of this test binary. A test that stops or pauses it
// would do so to all others: it starts one of its own instead.
func Server(t testing.TB) *pgserver.Server {
	t.Helper()
	if !inMain.Load() {
		t.Fatal("nobody would end the PostgreSQL server: this package's tests need func TestMain(m *testing.M) { pgtest.Main(m) }")
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = pgserver.Start(context.Background(), pgserver.Options{})
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

func stop() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		return nil
	}
	err := shared.server.Close()
	shared.server, shared.err, shared.templates = nil, errors.New("the tests are over"), nil
	return err
}

// Database is the URL of a new empty database, which is dropped with the test.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, Server(t), empty)
}

// FromTemplate is the URL of a new database with what build puts into one: once
// for each name and test binary, then it is copied. build must close its
// connections before it returns.
func FromTemplate(t testing.TB, name string, build func(url string) error) string {
	t.Helper()
	server := Server(t)
	shared.mu.Lock()
	of := shared.templates[name]
	if of == nil {
		if shared.templates == nil {
			shared.templates = map[string]*template{}
		}
		of = &template{database: fmt.Sprintf("template_%d", names.Add(1))}
		shared.templates[name] = of
	}
	shared.mu.Unlock()
	of.once.Do(func() {
		of.err = execute(server, "CREATE DATABASE "+of.database+" "+empty)
		if of.err == nil {
			of.err = build(server.URL(of.database))
		}
	})
	if of.err != nil {
		t.Fatalf("the template %s: %v", name, of.err)
	}
	return create(t, server, "TEMPLATE "+of.database)
}

// template is a database that others are copies of.
type template struct {
	once     sync.Once
	database string
	err      error
}

// empty makes a database empty, and its order of texts that of people rather
// than of bytes, as on many an operator's server: what needs the order of bytes
// has to say so.
const empty = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"

// create creates a database for a test.
func create(t testing.TB, server *pgserver.Server, of string) string {
	t.Helper()
	database := fmt.Sprintf("test_%d", names.Add(1))
	if err := execute(server, "CREATE DATABASE "+database+" "+of); err != nil {
		t.Fatalf("a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return server.URL(database)
}

// Recycled is the URL of a database with what build puts into an empty one, for
// suites of many tests: when a test is over, its database is emptied by the
// statement clean and goes to the next test of that name.
func Recycled(t testing.TB, name string, build func(url string) error, clean string) string {
	t.Helper()
	server := Server(t)
	url := takeSpare(name)
	if url == "" {
		database := fmt.Sprintf("recycled_%d", names.Add(1))
		err := execute(server, "CREATE DATABASE "+database+" "+empty)
		if err == nil {
			url = server.URL(database)
			err = build(url)
		}
		if err != nil {
			t.Fatalf("a database for the test: %v", err)
		}
	}
	t.Cleanup(func() {
		if err := executeAt(url, clean); err != nil {
			t.Errorf("emptying the test's database: %v", err)
			return
		}
		shared.mu.Lock()
		defer shared.mu.Unlock()
		if shared.spare == nil {
			shared.spare = map[string][]string{}
		}
		shared.spare[name] = append(shared.spare[name], url)
	})
	return url
}

// takeSpare takes a database that a test of the name has left, "" for none.
func takeSpare(name string) (url string) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if n := len(shared.spare[name]); n > 0 {
		url, shared.spare[name] = shared.spare[name][n-1], shared.spare[name][:n-1]
	}
	return url
}

// Exec executes statements in the database at url over a connection of their
// own.
func Exec(t testing.TB, url string, statements ...string) {
	t.Helper()
	if err := executeAt(url, statements...); err != nil {
		t.Fatal(err)
	}
}

// One scans the only row that a query in the database at url answers.
func One(t testing.TB, url, query string, into ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, query).Scan(into...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// execute executes statements about databases.
func execute(server *pgserver.Server, statements ...string) error {
	return executeAt(server.URL("postgres"), statements...)
}

func executeAt(url string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.TrimSpace(statement), err)
		}
	}
	return nil
}
