package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Only what the server has undone, or never got, is taken for not done.
func TestAloneIsUnknownUnlessRefused(t *testing.T) {
	refused := func(severity, code string) error {
		return &pgconn.PgError{Severity: severity, SeverityUnlocalized: severity, Code: code}
	}
	strange := errors.New("an answer that nobody understands")
	for _, tt := range []struct {
		name      string
		err       error
		one, many error // what it becomes; nil for itself
	}{
		{"a row is held", refused("ERROR", "55P03"), nil, nil},
		{"a conflict", refused("ERROR", "40001"), nil, nil},
		{"no primary", refused("ERROR", "25006"), nil, nil},
		{"no connection", fmt.Errorf("dial: %w", &pgconn.ConnectError{}), errNotBegun, errNotBegun},
		{"a connection that was closed", driver.ErrBadConn, errNotBegun, errNotBegun},
		{"the server goes down", refused("FATAL", "57P01"), errUnknown, errUnknown},
		{"cut off", io.ErrUnexpectedEOF, errUnknown, errUnknown},
		{"no answer", context.DeadlineExceeded, errUnknown, errUnknown},
		{"no standby", errNotReplicated, errUnknown, errUnknown},
		{"anything else", strange, errUnknown, nil},
	} {
		for many, want := range map[bool]error{false: tt.one, true: tt.many} {
			got := postgresAlone(tt.err, many)
			if !errors.Is(got, tt.err) {
				t.Errorf("%s: the cause is lost: %v", tt.name, got)
			}
			for _, kind := range []error{errNotBegun, errUnknown} {
				if errors.Is(got, kind) != (kind == want) {
					t.Errorf("%s, many %t: %v, want %v", tt.name, many, got, want)
				}
			}
		}
	}
}
