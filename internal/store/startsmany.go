package store

import (
	"context"
	"encoding/json"
	"fmt"
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
	// selectPeople is selectAccountAndUserOf for many. OFFSET 0 keeps the search for
	// the person whole, as in selectStandings; here and below.
	selectPeople = &query{text: `SELECT v.n, ` + accountColumns + `, ` + userColumns + `
 FROM unnest(CAST($1 AS bytea[]), CAST($2 AS text[])) WITH ORDINALITY AS v (p1, p2, n)
 CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.account_id = v.p1 AND u.external_id = v.p2 OFFSET 0) u
 JOIN accounts a ON a.id = v.p1`}

	selectRepeatables = &query{text: `SELECT ` + repeatableColumns + ` FROM idempotency_keys i WHERE i.id = ANY(CAST($1 AS bytea[]))`}

	insertSessions = &query{writes: true, text: ofRow.Replace(insertSessionInto) + `
 FROM ` + unnested(`bytea bytea bytea bytea bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint text text text bigint`) +
		` CROSS JOIN LATERAL (SELECT u.account_id, u.id FROM users u` + ofRow.Replace(insertSessionWhere) + ` OFFSET 0) u`}

	stampLogins = &query{writes: true, text: ofRow.Replace(stampLoginSet) + `
 FROM ` + unnested(`bytea bytea bigint`) + ofRow.Replace(stampLoginWhere)}

	// $6 is one for all.
	claimRepeatables = &query{writes: true, text: claimInto + ` SELECT v.p1, v.p2, v.p3, v.p4, v.p5
 FROM ` + unnested(`bytea bytea bytea bytea bigint`) + claimUnless}
)

var startsTogether = &startDialect{
	people: func(ctx context.Context, c conn, people []personKey, found func(int, *lookedPerson)) error {
		accounts, names := make([][]byte, len(people)), make([]string, len(people))
		for i := range people {
			accounts[i], names[i] = people[i].account[:], people[i].external
		}
		return c.each(ctx, selectPeople, func(scan func(...any) error) error {
			var number int
			p := new(lookedPerson)
			if err := scan(append([]any{&number}, p.into()...)...); err != nil {
				return err
			}
			found(number, p)
			return nil
		}, accounts, names)
	},
	repeats: func(ctx context.Context, c conn, keys [][]byte, found func(*curfew.Repeatable)) error {
		return c.each(ctx, selectRepeatables, func(scan func(...any) error) error {
			r, err := scanRepeatable(scan)
			if err == nil {
				found(&r)
			}
			return err
		}, keys)
	},
	sessions: func(ctx context.Context, c conn, began []curfew.Session) error {
		n := len(began)
		accounts, users, ids, hashes := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
		var numbers [12][]int64
		for k := range numbers {
			numbers[k] = make([]int64, n)
		}
		devices, addresses, methods := make([]string, n), make([]string, n), make([]string, n)
		for i := range began {
			s := &began[i]
			device, err := json.Marshal(s.Device)
			if err != nil {
				return err
			}
			accounts[i], users[i], ids[i], hashes[i] = s.AccountID[:], s.UserID[:], s.ID[:], s.SecretHash[:]
			for k, v := range [...]int64{int64(s.Generation), s.PolicyVersion, s.StartedAt.UnixMicro(), s.AuthTime.UnixMicro(), s.LastActiveAt.UnixMicro(),
				int64(s.IdleMinutes), int64(s.AbsoluteMinutes), s.IdleExpiresAt.UnixMicro(), s.AbsoluteExpiresAt.UnixMicro(),
				s.AccountEpoch, s.UserEpoch, activityHour(s.LastActiveAt)} {
				numbers[k][i] = v
			}
			devices[i], addresses[i], methods[i] = string(device), s.IP, strings.Join(s.AMR, " ")
		}
		args := []any{accounts, users, ids, hashes}
		for _, column := range numbers[:11] {
			args = append(args, column)
		}
		changed, err := c.exec(ctx, insertSessions, append(args, devices, addresses, methods, numbers[11])...)
		return exactly(n, changed, err)
	},
	stamps: func(ctx context.Context, c conn, stamps []loginStamp) error {
		accounts, users, ats := make([][]byte, len(stamps)), make([][]byte, len(stamps)), make([]int64, len(stamps))
		for i := range stamps {
			accounts[i], users[i], ats[i] = stamps[i].account[:], stamps[i].user[:], stamps[i].at.UnixMicro()
		}
		changed, err := c.exec(ctx, stampLogins, accounts, users, ats)
		return exactly(len(stamps), changed, err)
	},
	claims: func(ctx context.Context, c conn, claims []claim) error {
		n := len(claims)
		ids, bodies, accounts, sessions, ats := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([]int64, n)
		after := claims[0].after
		for i := range claims {
			r := &claims[i]
			ids[i], bodies[i], accounts[i], sessions[i], ats[i] = r.ID[:], r.BodyHash[:], r.AccountID[:], r.SessionID[:], r.MadeAt.UnixMicro()
			if r.after.Before(after) {
				after = r.after
			}
		}
		changed, err := c.exec(ctx, claimRepeatables, ids, bodies, accounts, sessions, ats, after.UnixMicro())
		return exactly(n, changed, err)
	},
}
