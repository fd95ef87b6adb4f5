package storetest

import (
	"context"
	"database/sql/driver"
	"io"
	"strings"
	"sync"
)

// Op is what database/sql asks of a driver.
type Op string

// The operations, in the words of the driver's interfaces. Committed is told
// after a commit was done: failing it loses the answer of a commit that holds.
// A statement that changes something outside of a transaction is told as one: what
// it answers with is on the way with the answer to its commit.
const (
	OpBegin     Op = "begin"
	OpPrepare   Op = "prepare"
	OpExec      Op = "exec"
	OpQuery     Op = "query"
	OpNext      Op = "next"
	OpCommit    Op = "commit"
	OpCommitted Op = "committed"
)

// Call is one call of database/sql to the engine.
type Call struct {
	Op   Op
	SQL  string
	Args []driver.NamedValue
}

// Statement reports whether the call runs a statement.
func (c Call) Statement() bool { return c.Op == OpExec || c.Op == OpQuery }

// Tap stands between database/sql and an engine's driver. A test watches every
// call there, holds it up, or fails it before it reaches the engine.
type Tap struct {
	mu   sync.Mutex
	hook func(Call) error
}

// Watch has hook see every call from now on. An error of the hook is what the
// call returns in place of being made. Nil watches no more.
func (t *Tap) Watch(hook func(Call) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = hook
}

func (t *Tap) see(c Call) error {
	t.mu.Lock()
	hook := t.hook
	t.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(c)
}

// Statements watches and gives every statement that is run until stop is
// called.
func (t *Tap) Statements() (stop func() []string) {
	var mu sync.Mutex
	var seen []string
	t.Watch(func(c Call) error {
		if c.Statement() {
			mu.Lock()
			seen = append(seen, c.SQL)
			mu.Unlock()
		}
		return nil
	})
	return func() []string {
		t.Watch(nil)
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// Wrap is for store.Options.
func (t *Tap) Wrap(inner driver.Connector) driver.Connector { return tapConnector{inner, t} }

type tapConnector struct {
	driver.Connector
	tap *Tap
}

func (c tapConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &tapConn{Conn: conn, tap: c.tap}, nil
}

type tapConn struct {
	driver.Conn
	tap  *Tap
	inTx bool
}

func (c *tapConn) Ping(ctx context.Context) error { return c.Conn.(driver.Pinger).Ping(ctx) }

func (c *tapConn) ResetSession(ctx context.Context) error {
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

func (c *tapConn) IsValid() bool { return c.Conn.(driver.Validator).IsValid() }

func (c *tapConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *tapConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.tap.see(Call{Op: OpBegin}); err != nil {
		return nil, err
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return tapTx{tx, c}, nil
}

func (c *tapConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.tap.see(Call{Op: OpPrepare, SQL: text}); err != nil {
		return nil, err
	}
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &tapStmt{stmt, text, c}, nil
}

func (c *tapConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.tap.see(Call{OpExec, text, args}); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (c *tapConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.tap.see(Call{OpQuery, text, args}); err != nil {
		return nil, err
	}
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return &tapRows{rows, text, c.tap, false}, nil
}

type tapStmt struct {
	driver.Stmt
	text string
	conn *tapConn
}

func (s *tapStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.tap.see(Call{OpExec, s.text, args}); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s *tapStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	calls := []Call{{OpQuery, s.text, args}}
	alone := !s.conn.inTx && strings.HasPrefix(s.text, "UPDATE")
	if alone {
		calls = []Call{{Op: OpBegin}, calls[0], {Op: OpCommit}}
	}
	for _, c := range calls {
		if err := s.conn.tap.see(c); err != nil {
			return nil, err
		}
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	return &tapRows{rows, s.text, s.conn.tap, alone}, nil
}

type tapRows struct {
	driver.Rows
	text  string
	tap   *Tap
	alone bool // they come of a statement that is its own transaction
}

func (r *tapRows) Next(dest []driver.Value) error {
	if r.alone {
		err := r.Rows.Next(dest)
		if err == io.EOF {
			if lost := r.tap.see(Call{Op: OpCommitted}); lost != nil {
				return lost
			}
		}
		return err
	}
	if err := r.tap.see(Call{Op: OpNext, SQL: r.text}); err != nil && err != io.EOF {
		return err
	}
	return r.Rows.Next(dest)
}

type tapTx struct {
	driver.Tx
	conn *tapConn
}

// Commit of a failed call rolls back, as an engine does that cannot commit.
func (t tapTx) Commit() error {
	t.conn.inTx = false
	if err := t.conn.tap.see(Call{Op: OpCommit}); err != nil {
		_ = t.Tx.Rollback()
		return err
	}
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	return t.conn.tap.see(Call{Op: OpCommitted})
}

func (t tapTx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}
