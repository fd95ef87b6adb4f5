package store

import (
	"context"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// Starts on SQLite: what they look at is read by a statement for each table, as in packed.go;
// what they write, by one for each row, which is what the engine does best.

// externalSize is how long an id of a product's may be. It has no spaces, which so
// may fill it up.
const externalSize = 128

// packedAccounts, packedPeople and packedStarts get their keys in one value: 16 bytes of
// the account, those and 128 of the person, and 32 of the start.
var (
	packedPeople = &query{text: `WITH RECURSIVE v (n, p1, p2) AS (SELECT 1, substr($1, 1, 16), rtrim(CAST(substr($1, 17, 128) AS text))
 UNION ALL SELECT n + 1, substr($1, n * 144 + 1, 16), rtrim(CAST(substr($1, n * 144 + 17, 128) AS text)) FROM v WHERE n < length($1) / 144) SELECT v.n, ` +
		userColumns + ` FROM v CROSS JOIN users u ON u.account_id = v.p1 AND u.external_id = v.p2`}
	packedAccounts = &query{text: `WITH RECURSIVE v (n, p1) AS (SELECT 1, substr($1, 1, 16)
 UNION ALL SELECT n + 1, substr($1, n * 16 + 1, 16) FROM v WHERE n < length($1) / 16) SELECT ` + chainColumns + ` FROM v CROSS JOIN accounts a ON a.id = v.p1`}
	packedStarts = &query{text: `WITH RECURSIVE v (n, p1) AS (SELECT 1, substr($1, 1, 32)
 UNION ALL SELECT n + 1, substr($1, n * 32 + 1, 32) FROM v WHERE n < length($1) / 32) SELECT ` + repeatableColumns + ` FROM v CROSS JOIN idempotency_keys i ON i.id = v.p1`}
)

func lookPacked(ctx context.Context, c conn, looks []startLook, person func(int, *curfew.User), repeat func(*curfew.Repeatable)) error {
	var accounts, starts []byte
	known := map[curfew.ID]bool{}
	people := make([]byte, 0, len(looks)*(len(curfew.ID{})+externalSize))
	for _, look := range looks {
		if id := look.person.account; !known[id] {
			known[id] = true
			accounts = append(accounts, id[:]...)
		}
		people = append(append(people, look.person.account[:]...), look.person.external...)
		for range externalSize - len(look.person.external) {
			people = append(people, ' ')
		}
		starts = append(starts, look.key...)
	}
	if err := c.each(ctx, packedAccounts, c.lockedAccount, accounts); err != nil {
		return err
	}
	if err := c.each(ctx, packedPeople, func(scan func(...any) error) error {
		var number int
		u := new(curfew.User)
		if err := scan(append([]any{&number}, scanUserInto(u)...)...); err != nil {
			return err
		}
		person(number, u)
		return nil
	}, people); err != nil || len(starts) == 0 {
		return err
	}
	return c.each(ctx, packedStarts, func(scan func(...any) error) error {
		r, err := scanRepeatable(scan)
		if err == nil {
			repeat(&r)
		}
		return err
	}, starts)
}
