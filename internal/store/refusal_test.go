package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TestExplainServer: what a server says of itself, in words for the operator.
// The command's scripts hold what is met with a real one.
func TestExplainServer(t *testing.T) {
	for _, tt := range []struct{ code, message, want string }{
		{"28000", `no pg_hba.conf entry for host "10.0.0.7"`, `the server does not let this user in (no pg_hba.conf entry for host "10.0.0.7"): correct the user or the password, or the server's pg_hba.conf`},
		{"42501", "permission denied for table users", "this user lacks a right (permission denied for table users): GRANT it"},
		{"53300", "sorry, too many clients already", "the server has no connection left (sorry, too many clients already): raise its max_connections, or let each node open fewer"},
		{"25006", "cannot execute INSERT in a read-only transaction", "the server only reads (cannot execute INSERT in a read-only transaction): it may be a standby, name the primary"},
		{"57P03", "the database system is starting up", "the server starts or ends (the database system is starting up): try again when it runs"},
		{"57P01", "terminating connection", "the server starts or ends (terminating connection): try again when it runs"},
		{"XX001", "invalid page", "goose: ERROR: invalid page (SQLSTATE XX001)"},
	} {
		cause := fmt.Errorf("goose:\n\t%w", &pgconn.PgError{Severity: "ERROR", Code: tt.code, Message: tt.message})
		got := explain(cause)
		if got.Error() != tt.want || !errors.Is(got, cause) {
			t.Errorf("%s: %v", tt.code, got)
		}
	}
	if explain(nil) != nil {
		t.Error("nothing became an error")
	}
}

// TestExplainWay: what keeps a client from a server.
func TestExplainWay(t *testing.T) {
	const one, two = "postgres://ada:hunter2@db:6000/curfew?sslmode=disable", "postgres://ada:hunter2@db:6000,other:6001/curfew?sslmode=disable"
	timeout := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "db", IsTimeout: true}}
	for _, tt := range []struct {
		url   string
		cause error
		want  string
	}{
		{one, syscall.ECONNREFUSED, "nothing listens at db:6000: start PostgreSQL there, or correct the URL"},
		{one, &net.DNSError{Err: "no such host", Name: "db", IsNotFound: true}, "there is no host db: correct the URL"},
		{one, timeout, "the server at db:6000 does not answer: start it, or correct the URL"},
		{one, errors.New("x509: unknown authority"), "failed to connect to `user=ada database=curfew`: db:6000 (db): dial error: x509: unknown authority"},
		{two, syscall.ECONNREFUSED, "failed to connect to `user=ada database=curfew`: db:6000 (db): dial error: connection refused other:6001 (other): dial error: connection refused"},
	} {
		config, err := pgx.ParseConfig(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
		config.DialFunc = func(context.Context, string, string) (net.Conn, error) { return nil, tt.cause }
		_, err = pgx.ConnectConfig(t.Context(), config)
		if got := explain(err); got == nil || got.Error() != tt.want {
			t.Errorf("%v: %v", tt.cause, got)
		}
	}
}

// TestPasswordIsNoHost: of a password with an @ that is not escaped the rest is
// read as a host's name. It must be looked up nowhere, and shown nowhere.
func TestPasswordIsNoHost(t *testing.T) {
	for _, url := range []string{
		"postgres://ada:hun@ter2@db/curfew", "postgres://ada:hun@ter2@db,other:6000/curfew?sslmode=disable",
		"postgres://ada:hunter2@db,ter2@other/curfew",
	} {
		_, err := ParsePostgresURL(url)
		if err == nil || !strings.Contains(err.Error(), "%40") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := ParsePostgresURL("postgres://ada:hun%40ter2@db,other:6000/curfew"); err != nil {
		t.Error(err)
	}
}
