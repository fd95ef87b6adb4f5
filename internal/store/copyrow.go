package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// intake collects rows for one statement.
type intake struct {
	table  Table
	most   int
	values []any
	into   []any
	stmt   *sql.Stmt // for as many rows as fit, within a transaction
}

func newIntake(table Table, most int) *intake {
	return &intake{table: table, most: most, values: make([]any, 0, most*len(table.Columns)), into: make([]any, len(table.Columns))}
}

func (in *intake) reset() { clear(in.values); in.values = in.values[:0] }

// forget is for the end of a transaction.
func (in *intake) forget() {
	if in.stmt != nil {
		_ = in.stmt.Close()
	}
	in.stmt = nil
}

func (in *intake) room() bool { return len(in.values) < in.most*len(in.table.Columns) }

// scan reads a row. Each value has the type of its column's kind, or is nil.
func (in *intake) scan(rows *sql.Rows) ([]any, error) {
	first := len(in.values)
	in.values = in.values[:first+len(in.into)]
	row := in.values[first:]
	for i := range row {
		in.into[i] = &row[i]
	}
	if err := rows.Scan(in.into...); err != nil {
		return nil, err
	}
	for i, column := range in.table.Columns {
		ok := row[i] == nil
		switch row[i].(type) {
		case []byte:
			ok = column.Kind == Bytes
		case string:
			ok = column.Kind == Text
		case int64:
			ok = column.Kind == Number
		}
		if !ok {
			return nil, fmt.Errorf("the row %s has something else than %s in %s", in.table.keyOf(row), column.Kind, column.Name)
		}
	}
	return row, nil
}

// insert puts the rows in.
func (in *intake) insert(ctx context.Context, tx *sql.Tx) (err error) {
	n := len(in.values) / len(in.table.Columns)
	switch {
	case n == 0:
		return nil
	case n < in.most:
		_, err = tx.ExecContext(ctx, in.table.insertRows(n), in.values...)
		return err
	case in.stmt == nil:
		if in.stmt, err = tx.PrepareContext(ctx, in.table.insertRows(n)); err != nil {
			return err
		}
	}
	_, err = in.stmt.ExecContext(ctx, in.values...)
	return err
}

// keyOf names a row for people.
func (t Table) keyOf(row []any) string {
	var parts []string
	for i, column := range t.Columns {
		for _, key := range t.Key {
			if key != column.Name {
				continue
			}
			text := fmt.Sprintf("%q", row[i])
			switch v := row[i].(type) {
			case []byte:
				text = hex.EncodeToString(v)
			case int64:
				text = fmt.Sprint(v)
			}
			parts = append(parts, key+" "+text)
		}
	}
	return strings.Join(parts, ", ")
}

// plainText refuses text that an engine with checked text cannot hold.
func (t Table) plainText(row []any) error {
	for i, column := range t.Columns {
		text, ok := row[i].(string)
		if ok && (strings.ContainsRune(text, 0) || !utf8.ValidString(text)) {
			return fmt.Errorf("the row %s has text in %s that PostgreSQL cannot hold (a zero byte, or no UTF-8): correct it in the source", t.keyOf(row), column.Name)
		}
	}
	return nil
}

// digest is the digest of a table's rows, in whatever order: their number, and
// the sum of the SHA-256 of each.
type digest struct {
	rows int64
	sum  [4]uint64
}

// add takes a row in. The hash covers the table's name and every value with
// its kind and length, so no two rows have the same bytes.
func (d *digest) add(t Table, row []any) {
	h := sha256.New()
	buf := make([]byte, 0, 512)
	bytes := func(kind byte, v string) {
		buf = append(buf, kind)
		buf = binary.BigEndian.AppendUint64(buf, uint64(len(v)))
		buf = append(buf, v...)
	}
	bytes('t', t.Name)
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			buf = append(buf, 'n')
		case []byte:
			bytes('b', string(v))
		case string:
			bytes('s', v)
		case int64:
			buf = binary.BigEndian.AppendUint64(append(buf, 'i'), uint64(v))
		}
	}
	h.Write(buf)
	var carry uint64
	sum := h.Sum(nil)
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(sum[8*i:]), carry)
	}
	d.rows++
}
