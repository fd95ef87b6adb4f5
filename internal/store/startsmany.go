package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Starts on PostgreSQL: one statement for all, each a row of arrays, as in
// unnest.go.

// unnested are the rows of arrays of types, from the first parameter on.
func unnested(types string) string {
	var arrays, columns []string
	for i, name := range strings.Fields(types) {
		arrays = append(arrays, fmt.Sprintf("CAST($%d AS %s[])", i+1, name))
		columns = append(columns, fmt.Sprintf("p%d", i+1))
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS v (" + strings.Join(columns, ", ") + ")"
}

var (
	// selectStarts is selectUserOf for many, and selectRepeatable beside that.
	// OFFSET 0 keeps each search whole, as in selectStandings; here and below.
	selectStarts = &query{text: `SELECT v.n, ` + userColumns + `, ` + repeatableColumns + `
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS text[]), CAST($3 AS bytea[])) WITH ORDINALITY AS v (p1, p2, p3, n)
 LEFT JOIN LATERAL (SELECT * FROM users u WHERE u.account_id = v.p1 AND u.external_id = v.p2 OFFSET 0) u ON true
 LEFT JOIN LATERAL (SELECT * FROM idempotency_keys i WHERE i.id = v.p3 OFFSET 0) i ON true`}

	insertSessions = &query{writes: true, text: ofRow.Replace(insertSessionInto) + `
 FROM ` + unnested(`bytea bytea bytea bytea bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint text text text bigint`) +
		` CROSS JOIN LATERAL (SELECT u.account_id, u.id FROM users u` + ofRow.Replace(insertSessionWhere) + ` OFFSET 0) u`}

	stampLogins = &query{writes: true, text: ofRow.Replace(stampLoginSet) + `
 FROM ` + unnested(`bytea bytea bigint`) + ofRow.Replace(stampLoginWhere)}

	// $6 is one for all.
	claimRepeatables = &query{writes: true, text: claimInto + ` SELECT v.p1, v.p2, v.p3, v.p4, v.p5
 FROM ` + unnested(`bytea bytea bytea bytea bigint`) + claimUnless}
)

func lookMany(ctx context.Context, c conn, looks []startLook, person func(int, *curfew.User), repeat func(*curfew.Repeatable)) error {
	n := len(looks)
	accounts, names, keys := make([][]byte, n), make([]string, n), make([][]byte, n)
	for i, look := range looks {
		accounts[i], names[i], keys[i] = look.person.account[:], look.person.external, look.key
	}
	return c.each(ctx, selectStarts, func(scan func(...any) error) error {
		var number int
		u, r := new(curfew.User), new(curfew.Repeatable)
		if err := scan(slices.Concat([]any{&number}, optional(scanUserInto(u)), optional(scanRepeatableInto(r)))...); err != nil {
			return err
		}
		if !u.ID.IsZero() {
			person(number, u)
		}
		if !r.MadeAt.IsZero() {
			repeat(r)
		}
		return nil
	}, accounts, names, keys)
}

// insertUsers is insertUser for many.
var insertUsers = &query{writes: true, text: insertUserInto + ` SELECT v.p1, v.p2, v.p3, v.p4, v.p5, v.p6, v.p7, v.p8, v.p9
 FROM ` + unnested(`bytea bytea text text text text text bigint text`)}

// makeAll makes people, before what is written of them: a statement does not see what
// another part of it writes.
func (c conn) makeAll(ctx context.Context, made []*curfew.User) error {
	n := len(made)
	if n == 0 {
		return nil
	}
	accounts, ids, ats := make([][]byte, n), make([][]byte, n), make([]int64, n)
	var texts [5][]string
	for k := range texts {
		texts[k] = make([]string, n)
	}
	externals := make([]string, n)
	for i, u := range made {
		accounts[i], ids[i], ats[i], externals[i] = u.AccountID[:], u.ID[:], u.CreatedAt.UnixMicro(), u.ExternalID
		for k, v := range [...]string{u.Name, sortName(u.Name), u.Email, string(u.Role), u.PasswordHash} {
			texts[k][i] = v
		}
	}
	changed, err := c.exec(ctx, insertUsers, accounts, ids, texts[0], texts[1], texts[2], texts[3], texts[4], ats, externals)
	if err == nil && changed != int64(n) {
		err = errMoved
	}
	return err
}

func beganRows(_ conn, t *untold) (int, []any, error) {
	n := len(t.began)
	accounts, users, ids, hashes := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
	var numbers [12][]int64
	for k := range numbers {
		numbers[k] = make([]int64, n)
	}
	devices, addresses, methods := make([]string, n), make([]string, n), make([]string, n)
	for i := range t.began {
		s := &t.began[i]
		device, err := json.Marshal(s.Device)
		if err != nil {
			return 0, nil, err
		}
		accounts[i], users[i], ids[i], hashes[i] = s.AccountID[:], s.UserID[:], s.ID[:], s.SecretHash[:]
		for k, v := range [...]int64{int64(s.Generation), s.PolicyVersion, s.StartedAt.UnixMicro(), s.AuthTime.UnixMicro(), s.LastActiveAt.UnixMicro(),
			int64(s.IdleMinutes), int64(s.AbsoluteMinutes), s.IdleExpiresAt.UnixMicro(), s.AbsoluteExpiresAt.UnixMicro(),
			s.AccountEpoch, s.UserEpoch, activityHour(s.LastActiveAt)} {
			numbers[k][i] = v
		}
		devices[i], addresses[i], methods[i] = string(device), s.IP, strings.Join(s.AMR, " ")
	}
	columns := []any{accounts, users, ids, hashes}
	for _, column := range numbers[:11] {
		columns = append(columns, column)
	}
	return n, append(columns, devices, addresses, methods, numbers[11]), nil
}

func stampRows(_ conn, t *untold) (int, []any, error) {
	n := len(t.stamps)
	accounts, users, ats := make([][]byte, n), make([][]byte, n), make([]int64, n)
	for i := range t.stamps {
		s := &t.stamps[i]
		accounts[i], users[i], ats[i] = s.account[:], s.user[:], s.at.UnixMicro()
	}
	return n, []any{accounts, users, ats}, nil
}

func claimRows(_ conn, t *untold) (int, []any, error) {
	n := len(t.claims)
	if n == 0 {
		return 0, nil, nil
	}
	ids, bodies, accounts, sessions, ats := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([]int64, n)
	after := t.claims[0].after
	for i := range t.claims {
		r := &t.claims[i]
		ids[i], bodies[i], accounts[i], sessions[i], ats[i] = r.ID[:], r.BodyHash[:], r.AccountID[:], r.SessionID[:], r.MadeAt.UnixMicro()
		if r.after.Before(after) {
			after = r.after
		}
	}
	return n, []any{ids, bodies, accounts, sessions, ats, after.UnixMicro()}, nil
}
