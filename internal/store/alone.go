package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// A batch of refreshes on PostgreSQL is one statement, and a transaction by
// itself: one trip to the server in the place of three, for which the server's
// process and this one each have to be woken. At half of the greatest rate a
// batch has three or four refreshes, and what it costs whatever its size is most
// of what they cost.

// rotateAlone runs calls as a statement that is its own transaction; not those
// of a session that is there twice, which takes two statements.
func (db *DB) rotateAlone(calls []*rotateCall) (done bool, err error) {
	calls = slices.DeleteFunc(slices.Clone(calls), (*rotateCall).late)
	slices.SortStableFunc(calls, (*rotateCall).compare)
	for i := 1; i < len(calls); i++ {
		if calls[i].compare(calls[i-1]) == 0 {
			return false, nil
		}
	}
	if len(calls) == 0 {
		return true, nil
	}
	start := time.Now()
	for try := 1; ; try++ {
		err := db.rotateAloneOnce(calls)
		if !errors.Is(err, errNotBegun) || !db.mayTryAgain(err, try, start) {
			return true, err
		}
	}
}

func (db *DB) rotateAloneOnce(calls []*rotateCall) error {
	ctx, cancel := db.bounded(context.Background())
	defer cancel()
	for _, call := range calls { // who is not answered
		call.result = result[authority.Rotated]{err: curfew.ErrNotFound}
	}
	err := rotateDistinct(ctx, db.batches[rotateAll], calls)
	if err == nil {
		return nil
	}
	if err = db.dialect.alone(err, len(calls) > 1); errors.Is(err, errUnknown) {
		db.noticeLost(err)
		db.counters.unknown.Add(1)
	}
	return err
}

// postgresAlone tells what an error says of a statement that was its own
// transaction: that it was never sent, that the server has undone it, or nothing.
// An error of another kind may come of an answer that was not understood: where
// that was for many, each is tried again by itself, and finds its mark if it holds.
func postgresAlone(err error, many bool) error {
	var connect *pgconn.ConnectError
	var said *pgconn.PgError
	switch {
	case errors.As(err, &connect), errors.Is(err, driver.ErrBadConn), pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", errNotBegun, err)
	case errors.As(err, &said) && said.SeverityUnlocalized == "ERROR":
		return err
	case many && !postgresLost(err) && !errors.Is(err, errNotReplicated) && !errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", errUnknown, err)
}

// aloneConnector makes connections on which also a statement that is its own
// transaction fails when the server warns about it.
type aloneConnector struct{ postgresConnector }

func (c aloneConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.postgresConnector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return aloneConn{conn.(postgresConn)}, nil
}

type aloneConn struct{ postgresConn }

func (c aloneConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.postgresConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return aloneStmt{stmt.(postgresStmt), c.Conn.Conn().PgConn()}, nil
}

type aloneStmt struct {
	postgresStmt
	conn *pgconn.PgConn
}

func (s aloneStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if s.conn.TxStatus() == 'I' {
		delete(s.conn.CustomData(), warnedKey)
	}
	rows, err := s.postgresStmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	return aloneRows{rows, s.conn}, nil
}

type aloneRows struct {
	driver.Rows
	conn *pgconn.PgConn
}

// Next is at the end when the server has committed: it says so after all rows.
func (r aloneRows) Next(row []driver.Value) error {
	err := r.Rows.Next(row)
	if err == io.EOF {
		if warning, warned := r.conn.CustomData()[warnedKey]; warned {
			return fmt.Errorf("%w: %v", errNotReplicated, warning)
		}
	}
	return err
}
