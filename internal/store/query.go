package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// query is a statement of ours. Only registered statements can be run, so a
// test that checks the register checks every statement there is.
type query struct {
	text   string
	writes bool
}

var register []*query

// statement registers a statement in the SQL that both engines share.
func statement(text string) *query {
	q := &query{text: text, writes: !strings.HasPrefix(text, "SELECT")}
	register = append(register, q)
	return q
}

// prepared holds the statements of a pool, each parsed once for a connection.
type prepared map[*query]*sql.Stmt

// prepare prepares statements for a pool.
func prepare(ctx context.Context, pool *sql.DB, queries ...*query) (prepared, error) {
	all := make(prepared, len(queries))
	for _, q := range queries {
		stmt, err := pool.PrepareContext(ctx, q.text)
		if err != nil {
			return nil, fmt.Errorf("cannot use the database: %w", err)
		}
		all[q] = stmt
	}
	return all, nil
}

// conn runs statements in one transaction. It is the Reader and the Tx.
type conn struct {
	db    *DB
	tx    *sql.Tx
	stmts prepared
	wrote *bool // set by the first write; nil where nothing can write
	// logged is what the transaction writes to the revocation log at its end;
	// nil where nothing may.
	logged *[]curfew.Revocation
	later  *later // nil where everything is told at once
	// told is what the transaction wrote for webhooks; nil where nobody in this
	// process waits for it.
	told *[]curfew.DeliveryKey
}

// ran notes that a statement is run.
func (c conn) ran(ctx context.Context, q *query) {
	c.before(ctx, q)
	if q.writes && c.wrote != nil {
		*c.wrote = true
	}
}

// row reads a single row. Before the store is ready, while an older schema is
// still looked at, nothing is prepared yet; and in a pool that few use the driver
// prepares what is used.
func (c conn) row(ctx context.Context, q *query, args ...any) *sql.Row {
	c.ran(ctx, q)
	if stmt := c.stmts[q]; stmt != nil {
		return c.tx.StmtContext(ctx, stmt).QueryRowContext(ctx, args...)
	}
	return c.tx.QueryRowContext(ctx, q.text, args...)
}

func (c conn) rows(ctx context.Context, q *query, args ...any) (*sql.Rows, error) {
	c.ran(ctx, q)
	if stmt := c.stmts[q]; stmt != nil {
		return c.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return c.tx.QueryContext(ctx, q.text, args...)
}

// exec runs a write and returns how many rows it changed.
func (c conn) exec(ctx context.Context, q *query, args ...any) (int64, error) {
	c.ran(ctx, q)
	var result sql.Result
	var err error
	if stmt := c.stmts[q]; stmt != nil {
		result, err = c.tx.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	} else {
		result, err = c.tx.ExecContext(ctx, q.text, args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each calls fn for every row of a read, and closes it whatever happens.
func (c conn) each(ctx context.Context, q *query, fn func(scan func(...any) error) error, args ...any) error {
	rows, err := c.rows(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one runs a read of a single row; no row is curfew.ErrNotFound.
func one[T any](row *sql.Row, scan func(scan func(...any) error) (T, error)) (T, error) {
	v, err := scan(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = curfew.ErrNotFound
	}
	return v, err
}

// micros is a time as it is stored; the zero time is NULL.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// timeInto scans a stored time; NULL is the zero time.
type timeInto struct{ t *time.Time }

func (s timeInto) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.UnixMicro(v).UTC()
	default:
		return errors.New("a stored time is not a number")
	}
	return nil
}

// idInto scans a stored id; NULL is the zero id.
type idInto struct{ id *curfew.ID }

func (s idInto) Scan(v any) error {
	*s.id = curfew.ID{}
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	if !ok || len(b) != len(s.id) {
		return errors.New("a stored id is not 16 bytes")
	}
	copy(s.id[:], b)
	return nil
}

// hashInto scans a stored SHA-256.
type hashInto struct{ hash *[32]byte }

func (s hashInto) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(s.hash) {
		return errors.New("a stored hash is not 32 bytes")
	}
	copy(s.hash[:], b)
	return nil
}

// optional are where columns go of a row that may not be there: it leaves all as they are.
func optional(into []any) []any {
	for i := range into {
		into[i] = optionalInto{into[i]}
	}
	return into
}

type optionalInto struct{ to any }

func (s optionalInto) Scan(v any) error {
	switch to := s.to.(type) {
	case sql.Scanner:
		if v != nil {
			return to.Scan(v)
		}
		return nil
	case *string:
		return optionally(to, v)
	case *curfew.Role:
		return optionally(to, v)
	case *int64:
		return optionally(to, v)
	}
	return fmt.Errorf("store: no column goes into %T", s.to)
}

func optionally[T any](to *T, v any) error {
	var n sql.Null[T]
	err := n.Scan(v)
	if err == nil && n.Valid {
		*to = n.V
	}
	return err
}

// sealInto scans the seal of an audit chain's head. One of another length is
// the zero seal, which holds for nothing.
type sealInto struct{ seal *audit.HeadSeal }

func (s sealInto) Scan(v any) error {
	*s.seal = audit.HeadSeal{}
	if b, ok := v.([]byte); ok && len(b) == len(s.seal) {
		copy(s.seal[:], b)
	}
	return nil
}

// optionalText is a text as it is stored; the empty text is NULL.
func optionalText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// optionalID is an id as it is stored; the zero id is NULL.
func optionalID(id curfew.ID) any {
	if id.IsZero() {
		return nil
	}
	return id[:]
}
