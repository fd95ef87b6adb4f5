package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// What several nodes heard of a verifier may be written in any order: the
// newest stays.
const (
	verifierColumns    = `id, name, mode, applied, heard_at`
	insertVerifierInto = `INSERT INTO verifiers (` + verifierColumns + `)`
	verifierHeardAgain = ` ON CONFLICT (id) DO UPDATE SET name = excluded.name, mode = excluded.mode, applied = excluded.applied, heard_at = excluded.heard_at
 WHERE verifiers.heard_at < excluded.heard_at`
)

var (
	recordVerifier  = statement(insertVerifierInto + ` VALUES ($1, $2, $3, $4, $5)` + verifierHeardAgain)
	selectVerifiers = statement(`SELECT ` + verifierColumns + ` FROM verifiers WHERE heard_at >= $1 LIMIT $2`)
	forgetVerifiers = statement(`DELETE FROM verifiers WHERE heard_at < $1`)
)

// recordVerifiers is recordVerifier for many, where that is one statement.
var recordVerifiers = &query{writes: true, text: insertVerifierInto + `
 SELECT v.p1, v.p2, v.p3, v.p4, v.p5
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS text[]), CAST($5 AS bigint[])) AS v (p1, p2, p3, p4, p5)` +
	verifierHeardAgain}

func (c conn) RecordVerifiers(ctx context.Context, heard []curfew.Verifier) error {
	if len(heard) == 0 {
		return nil
	}
	// In the order of the ids, so that two nodes never wait for each other.
	heard = slices.SortedFunc(slices.Values(heard), func(x, y curfew.Verifier) int { return bytes.Compare(x.ID[:], y.ID[:]) })
	return c.db.dialect.verifiers(ctx, c, heard)
}

// verifiersOneByOne is what SQLite does best.
func verifiersOneByOne(ctx context.Context, c conn, heard []curfew.Verifier) error {
	for _, v := range heard {
		if _, err := c.exec(ctx, recordVerifier, v.ID[:], v.Name, v.Mode, v.Applied, micros(v.HeardAt)); err != nil {
			return err
		}
	}
	return nil
}

func verifiersTogether(ctx context.Context, c conn, heard []curfew.Verifier) error {
	n := len(heard)
	ids, names, modes, applied, at := make([][]byte, n), make([]string, n), make([]string, n), make([]string, n), make([]int64, n)
	for i, v := range heard {
		ids[i], names[i], modes[i], applied[i], at[i] = v.ID[:], v.Name, v.Mode, v.Applied, v.HeardAt.UnixMicro()
	}
	_, err := c.exec(ctx, recordVerifiers, ids, names, modes, applied, at)
	return err
}

func (c conn) Verifiers(ctx context.Context, since time.Time, limit int) (all []curfew.Verifier, err error) {
	err = c.each(ctx, selectVerifiers, func(scan func(...any) error) error {
		var v curfew.Verifier
		err := scan(idInto{&v.ID}, &v.Name, &v.Mode, &v.Applied, timeInto{&v.HeardAt})
		all = append(all, v)
		return err
	}, micros(since), limit)
	return all, err
}

func (c conn) ForgetVerifiers(ctx context.Context, before time.Time) (int, error) {
	n, err := c.exec(ctx, forgetVerifiers, micros(before))
	return int(n), err
}
