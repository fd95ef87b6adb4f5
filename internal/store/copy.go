package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Progress is how far a copy has come.
type Progress struct {
	Table     string
	Verifying bool
	// Done of Rows rows of the table are dealt with.
	Done, Rows int64
}

// Copied is what became of a table.
type Copied struct {
	Table string
	Rows  int64
}

// Copy puts all that is in one database into another, which must be empty or a
// copy of the same one that nobody has used, and reads everything again to
// compare it. Both have the schema of this version. What it reads is of one
// moment. When it ends early the target stays marked as unfinished, and a copy
// into it begins anew.
//
// Its statements on tables are made from Tables, and go over all accounts: they
// are the only ones that are not registered.
func Copy(ctx context.Context, from, to *DB, now time.Time, progress func(Progress)) ([]Copied, error) {
	c := &copying{to: to, began: now.UnixMicro(), progress: progress, kind: markCopy, whole: markCopy}
	before, err := from.newestSign(ctx)
	if err != nil {
		return nil, err
	}
	c.check = func() error {
		after, err := from.newestSign(ctx)
		if err == nil && !after.Equal(before) {
			err = ErrSourceUsed
		}
		return err
	}
	return c.run(ctx, from, now)
}

// Backup is Copy while servers go on working on the source, into a database
// that is then to be restored from, and not to be used.
func Backup(ctx context.Context, from, to *DB, now time.Time, progress func(Progress)) ([]Copied, error) {
	c := &copying{to: to, began: now.UnixMicro(), progress: progress, kind: markBackup, whole: markBackup}
	return c.run(ctx, from, now)
}

// Restore is Copy from a backup, or from a copy that somebody else made of an
// installation. The target is not to be used before a fence ended the sessions
// in it (BeginFence).
func Restore(ctx context.Context, from, to *DB, now time.Time, progress func(Progress)) ([]Copied, error) {
	c := &copying{to: to, began: now.UnixMicro(), progress: progress, kind: markRestore, whole: markRestored}
	return c.run(ctx, from, now)
}

// newestSign is the newest sign of life of any node.
func (db *DB) newestSign(ctx context.Context) (t time.Time, err error) {
	if err := db.write.QueryRowContext(ctx, newestHeartbeat.text).Scan(timeInto{&t}); err != nil {
		return t, fmt.Errorf("cannot read the source: %w", err)
	}
	return t, nil
}

// copying is a copy under way.
type copying struct {
	from     *sql.Tx
	to       *DB
	began    int64
	progress func(Progress)
	// kind marks the target while this goes on, whole when all is there.
	kind, whole markKind
	// check is a last look before the end, nil for none.
	check func() error
}

func (c *copying) run(ctx context.Context, from *DB, now time.Time) (all []Copied, err error) {
	c.from, err = from.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, fmt.Errorf("cannot read the source: %w", err)
	}
	defer c.from.Rollback()
	sums := map[string]digest{}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	for _, table := range Tables {
		if table.Here {
			continue
		}
		sum, err := c.table(ctx, table)
		if err != nil {
			return nil, fmt.Errorf("cannot copy the table %s: %w", table.Name, err)
		}
		sums[table.Name] = sum
		all = append(all, Copied{table.Name, sum.rows})
	}
	if err := c.verify(ctx, sums); err != nil {
		return nil, err
	}
	if c.check != nil {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	if analyze := c.to.dialect.analyze; analyze != "" {
		if _, err := c.to.write.ExecContext(ctx, analyze); err != nil {
			return nil, fmt.Errorf("cannot gather the target's statistics: %w", err)
		}
	}
	return all, c.finish(ctx, now)
}

// begin marks the target and clears it, where that is allowed.
func (c *copying) begin(ctx context.Context) error {
	m, err := readMark(ctx, c.from)
	if err != nil {
		return fmt.Errorf("cannot read the source: %w", err)
	}
	if m != nil {
		err := m.unusable()
		if c.kind == markRestore && errors.Is(err, ErrBackup) {
			err = nil // it is for that
		}
		if err != nil {
			return fmt.Errorf("the source cannot be copied: %w", err)
		}
	}
	var source curfew.ID
	if err := c.from.QueryRowContext(ctx, selectInstallation.text).Scan(idInto{&source}); err != nil {
		return fmt.Errorf("the source does not say which installation it is; run 'curfew migrate' on it: %w", err)
	}
	return c.write(ctx, func(tx *sql.Tx) error {
		m, err := readMark(ctx, tx)
		switch {
		case err != nil:
			return err
		case m == nil:
			if err := c.mustBeEmpty(ctx, tx); err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, beginCopy.text, source[:], c.began, string(c.kind))
		case m.kind != c.kind && m.kind != c.whole:
			return ErrInUse
		default:
			err = once(ctx, tx, ErrInUse, againCopy, c.began, source[:], m.started.UnixMicro(), string(c.kind), string(m.kind))
		}
		if err != nil {
			return err
		}
		for _, text := range c.to.dialect.clear(copiedTables()) {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// copiedTables are the names of the tables that are copied, those first that
// refer to others.
func copiedTables() (names []string) {
	for i := len(Tables) - 1; i >= 0; i-- {
		if !Tables[i].Here {
			names = append(names, Tables[i].Name)
		}
	}
	return names
}

// mustBeEmpty refuses a target in which there is more than a migration makes.
func (c *copying) mustBeEmpty(ctx context.Context, tx *sql.Tx) error {
	for _, name := range copiedTables() {
		text := `SELECT EXISTS (SELECT 1 FROM ` + name
		switch name {
		case "installation":
			continue
		case "accounts":
			text += ` WHERE length(name) > 0 OR audit_seq > 0`
		}
		var some bool
		if err := tx.QueryRowContext(ctx, text+`)`).Scan(&some); err != nil {
			return err
		}
		if some {
			return ErrInUse
		}
	}
	return nil
}

// write changes the target in one transaction.
func (c *copying) write(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := c.to.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cannot write to the target: %w", err)
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return fmt.Errorf("cannot copy into the target: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("cannot write to the target: %w", err)
	}
	c.to.checkpoints.committed()
	return nil
}

// hold makes sure that the target is still this copy's, until the transaction
// ends.
func (c *copying) hold(ctx context.Context, tx *sql.Tx) error {
	return once(ctx, tx, ErrAnotherCopy, holdCopy, c.began)
}

// once runs a statement on the mark, which is gone or another one's where it
// changes nothing.
func once(ctx context.Context, tx *sql.Tx, gone error, q *query, args ...any) error {
	result, err := tx.ExecContext(ctx, q.text, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, gone)
	}
	return nil
}

// finish marks the copy as whole. What was restored is not finished by that.
func (c *copying) finish(ctx context.Context, now time.Time) error {
	var finished any
	if c.whole != markRestored {
		finished = now.UnixMicro()
	}
	return c.write(ctx, func(tx *sql.Tx) error {
		return once(ctx, tx, ErrAnotherCopy, finishCopy, c.began, finished, string(c.whole))
	})
}

const (
	// copyCommit is how many rows are committed together, and copyTold after
	// how many the progress is told.
	copyCommit = 10000
	copyTold   = 500
)

// table copies a table and returns the digest of what was read.
func (c *copying) table(ctx context.Context, table Table) (sum digest, err error) {
	total, err := count(ctx, c.from, table)
	if err != nil {
		return sum, err
	}
	rows, err := c.from.QueryContext(ctx, table.selectAll())
	if err != nil {
		return sum, err
	}
	defer rows.Close()
	check := func(row []any) error { return nil }
	if c.to.dialect.plainText {
		check = table.plainText
	}
	in := newIntake(table, c.to.dialect.rowsAtOnce)
	for more := true; more; {
		err := c.write(ctx, func(tx *sql.Tx) error {
			if err := c.hold(ctx, tx); err != nil {
				return err
			}
			defer in.forget()
			for end := sum.rows + copyCommit; more && sum.rows < end; {
				for in.reset(); in.room(); {
					if more = rows.Next(); !more {
						break
					}
					row, err := in.scan(rows)
					if err != nil {
						return err
					}
					if err := check(row); err != nil {
						return err
					}
					sum.add(table, row)
				}
				if err := in.insert(ctx, tx); err != nil {
					return err
				}
				if !more || sum.rows%copyTold == 0 {
					c.progress(Progress{Table: table.Name, Done: sum.rows, Rows: total})
				}
			}
			return rows.Err()
		})
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// verify reads everything that was copied and compares it.
func (c *copying) verify(ctx context.Context, sums map[string]digest) error {
	tx, err := c.to.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return fmt.Errorf("cannot read the target: %w", err)
	}
	defer tx.Rollback()
	for _, table := range Tables {
		if table.Here {
			continue
		}
		want := sums[table.Name]
		got, err := c.digestOf(ctx, tx, table, want.rows)
		switch {
		case err != nil:
			return fmt.Errorf("cannot read the target's table %s: %w", table.Name, err)
		case got.rows != want.rows:
			return fmt.Errorf("the copy is not like the source: %d rows of %s, and there were %d", got.rows, table.Name, want.rows)
		case got != want:
			return fmt.Errorf("the copy is not like the source: some of the %d rows of %s differ", got.rows, table.Name)
		}
	}
	return nil
}

func (c *copying) digestOf(ctx context.Context, tx *sql.Tx, table Table, total int64) (sum digest, err error) {
	rows, err := tx.QueryContext(ctx, table.selectAll())
	if err != nil {
		return sum, err
	}
	defer rows.Close()
	in := newIntake(table, 1)
	for rows.Next() {
		in.reset()
		row, err := in.scan(rows)
		if err != nil {
			return sum, err
		}
		if sum.add(table, row); sum.rows%copyCommit == 0 {
			c.progress(Progress{Table: table.Name, Verifying: true, Done: sum.rows, Rows: total})
		}
	}
	c.progress(Progress{Table: table.Name, Verifying: true, Done: sum.rows, Rows: total})
	return sum, rows.Err()
}

func count(ctx context.Context, q querier, table Table) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM `+table.Name).Scan(&n)
	return n, err
}

// names are the columns.
func (t Table) names() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func (t Table) selectAll() string {
	return `SELECT ` + t.names() + ` FROM ` + t.Name + ` ORDER BY ` + strings.Join(t.Key, ", ")
}

// insertRows is the statement that puts n rows in.
func (t Table) insertRows(n int) string {
	var b bytes.Buffer
	b.WriteString(`INSERT INTO ` + t.Name + ` (` + t.names() + `) VALUES `)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		for j := range t.Columns {
			b.WriteString([]string{"($", ", $"}[min(j, 1)])
			fmt.Fprint(&b, i*len(t.Columns)+j+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}
