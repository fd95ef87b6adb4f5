package store

import (
	"context"
	"testing"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/store/storetest"
)

// TestOneBrokenRow: of sessions that are read together, one whose row is broken
// takes no other along.
func TestOneBrokenRow(t *testing.T) {
	for name, open := range map[string]storetest.Open{"SQLite": sqliteForTest, "PostgreSQL": postgresForTest} {
		t.Run(name, func(t *testing.T) {
			w := storetest.NewWorld(t, open)
			db, ctx := w.Store.(*DB), context.Background()
			broken, whole := w.SignIn(w.Acme.Owner.Email), w.Acme.Owner
			for _, p := range []storetest.Person{broken, whole} {
				if _, err := db.Standing(ctx, w.Acme.ID(), p.Session()); err != nil {
					t.Fatal(err)
				}
			}
			breakDevice := func(device string) {
				id, session := w.Acme.ID(), broken.Session()
				if _, err := db.write.ExecContext(ctx, `UPDATE sessions SET device = $1 WHERE account_id = $2 AND id = $3`, device, id[:], session[:]); err != nil {
					t.Fatal(err)
				}
			}
			breakDevice("{")
			defer breakDevice("{}") // what the world looks at in the end
			calls := []*standingCall{
				{accountID: w.Acme.ID(), sessionID: broken.Session()}, {accountID: w.Acme.ID(), sessionID: whole.Session()},
			}
			if err := db.dialect.standings(ctx, db, calls); err != nil {
				t.Fatal(err)
			}
			if err := calls[0].result.err; curfew.KindOf(err) != curfew.KindUnavailable {
				t.Errorf("the broken one: %v", err)
			}
			if got := calls[1].result; got.err != nil || got.value.Session.ID != whole.Session() {
				t.Errorf("the whole one: %v", got.err)
			}
		})
	}
}
