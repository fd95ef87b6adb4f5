package pgserver

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// started is a server that ends with the test.
func started(t *testing.T, options Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// connected is a connection that ends with the test, if it lives that long.
func connected(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func do(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// one is the only value that a query answers.
func one(t *testing.T, conn *pgx.Conn, query string) string {
	t.Helper()
	var value string
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestServer(t *testing.T) {
	s := started(t, Options{Sync: true, Settings: map[string]string{"max_connections": "21", "cluster_name": "it's ours"}})
	conn := connected(t, s.URL("postgres"))
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", // durable
		"max_connections": "21", "cluster_name": "it's ours", // what was asked for wins
		"listen_addresses": "127.0.0.1", "unix_socket_directories": "", // nobody from outside
		"server_encoding": "UTF8", "lc_collate": "C",
	} {
		if got := one(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s is %q, not %q", setting, got, want)
		}
	}
	do(t, conn, "CREATE TABLE kept (n int)", "CREATE ROLE guest LOGIN PASSWORD 'open sesame'")

	// Others need their password.
	connected(t, s.URLAs(url.UserPassword("guest", "open sesame"), "postgres"))
	for _, who := range []*url.Userinfo{url.User("guest"), url.UserPassword("guest", "open"), url.User("nobody")} {
		if _, err := pgx.Connect(t.Context(), s.URLAs(who, "postgres")); err == nil {
			t.Errorf("%s was let in", who.Username())
		}
	}

	// What is committed survives, whichever way the server ends.
	pid := s.PID()
	if pid == 0 {
		t.Fatal("the server has no process")
	}
	for name, end := range map[string]func() error{
		"killed":    s.Kill,
		"stopped":   s.Stop,
		"restarted": func() error { return nil },
		"killed while paused": func() error {
			return errors.Join(s.Pause(), s.Kill())
		},
		"stopped while paused": func() error {
			return errors.Join(s.Pause(), s.Stop())
		},
	} {
		conn := connected(t, s.URL("postgres"))
		do(t, conn, "INSERT INTO kept VALUES (1)", "BEGIN", "INSERT INTO kept VALUES (1000)")
		before := one(t, conn, "SELECT count(*)::text FROM kept WHERE n = 1")
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name != "restarted" {
			if s.PID() != 0 || s.Pause() == nil {
				t.Errorf("%s: the server still runs", name)
			}
			if err := conn.Ping(t.Context()); err == nil {
				t.Errorf("%s: the connection still works", name)
			}
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		conn = connected(t, s.URL("postgres"))
		if after := one(t, conn, "SELECT count(*)::text FROM kept"); after != before {
			t.Errorf("%s: %s rows became %s", name, before, after)
		}
	}
	if s.PID() == pid || s.PID() == 0 {
		t.Errorf("process %d became %d", pid, s.PID())
	}

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestServerWithoutWaitingForTheDisk(t *testing.T) {
	dir, err := os.MkdirTemp("", "pgserver-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s := started(t, Options{Dir: dir})
	conn := connected(t, s.URL("postgres"))
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if got := one(t, conn, "SHOW "+setting); got != "off" {
			t.Errorf("%s is %q", setting, got)
		}
	}

	// A folder that holds a server is not taken, and what was given is kept.
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "already holds") {
		t.Errorf("a second server in the folder: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "PG_VERSION")); err != nil {
		t.Error(err)
	}
}

func TestPause(t *testing.T) {
	s := started(t, Options{})
	conn := connected(t, s.URL("postgres"))
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT 1")
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("a paused server answers: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the statement was lost: %v", err)
	}
}

func TestServerThatCannotStart(t *testing.T) {
	_, err := Start(t.Context(), Options{Settings: map[string]string{"max_connections": "many"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "max_connections": "many"`) {
		t.Errorf("the log's words are missing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{}); err == nil {
		t.Error("started for somebody who has left")
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "curfew-postgres-*", "log")); len(left) > 0 {
		for _, log := range left {
			text, err := os.ReadFile(log)
			if err == nil && strings.Contains(string(text), `"many"`) {
				t.Errorf("%s was left behind", log)
			}
		}
	}
}

// TestPortIsTaken: between finding a free port and taking it somebody else may
// come first.
func TestPortIsTaken(t *testing.T) {
	s := started(t, Options{})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := s.start(t.Context()); !errors.Is(err, errPortTaken) {
		t.Fatal(err)
	}
	if s.PID() != 0 {
		t.Error("it runs nevertheless")
	}
	if err := s.startSomewhere(t.Context()); err != nil {
		t.Fatal(err)
	}
	one(t, connected(t, s.URL("postgres")), "SHOW port")

	// Nor is a server of somebody else taken for this one.
	other := &Server{dir: t.TempDir(), port: s.port}
	if err := other.ask(t.Context()); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Error(err)
	}
}
