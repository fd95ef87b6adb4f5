package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

// engines open an empty database of each engine.
var engines = map[string]func(t *testing.T) *DB{
	"SQLite": openEmpty,
	"PostgreSQL": func(t *testing.T) *DB {
		chain := testChain(t)
		return openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain, StatementTimeout: time.Hour})
	},
}

// bothWays runs a test with every engine as the source and as the target.
func bothWays(t *testing.T, test func(t *testing.T, from, to *DB)) {
	for source, openSource := range engines {
		for target, openTarget := range engines {
			t.Run(source+" to "+target, func(t *testing.T) { test(t, openSource(t), openTarget(t)) })
		}
	}
}

// intoBoth runs a test with every engine as the target of a copy from SQLite: for
// what the source's engine makes no difference to.
func intoBoth(t *testing.T, test func(t *testing.T, from, to *DB)) {
	for target, openTarget := range engines {
		t.Run("to "+target, func(t *testing.T) { test(t, openEmpty(t), openTarget(t)) })
	}
}

func silent(Progress) {}

var copyTime = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// hostile is text that an engine, or a careless copy, could take for something
// else than text.
var hostile = []string{"", "NULL", `\N`, `\x00`, "'; DROP TABLE users; --", `"quoted"`, "a\tb\nc\r\n", `back\slash`, "\u0001\u007f\u200b\u202e", "ß İ ı ſ 漢字 🙂 e\u0301",
	"$1", "{1,2}", strings.Repeat("long ", 2000)}

// fill puts an account with sessions and some of everything into a database.
func fill(t *testing.T, db *DB, sessions int) curfew.ID {
	t.Helper()
	seed(t, db, sessions)
	ctx := context.Background()
	var id curfew.ID
	if err := db.View(ctx, func(ctx context.Context, r authority.Reader) error {
		accounts, err := r.Accounts(ctx)
		id = accounts[0].ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(ctx, id, func(ctx context.Context, tx authority.Tx) error {
		for i, text := range hostile {
			user := curfew.User{AccountID: id, ID: curfew.NewID(copyTime), Name: text, Email: fmt.Sprint(i, "@x.example"), Role: curfew.RoleMember, CreatedAt: copyTime, ExternalID: text}
			if _, err := tx.InsertUser(ctx, user, user.Email); err != nil {
				return err
			}
			for _, account := range []curfew.ID{id, curfew.ZeroID} {
				if err := tx.Audit(ctx, audit.Event{AccountID: account, ID: curfew.NewID(copyTime), OccurredAt: copyTime, Action: audit.UserCreate,
					Actor: &audit.Actor{Type: curfew.ActorUser, Name: text}, UserAgent: text, Details: []byte("{}")}); err != nil {
					return err
				}
			}
			if err := tx.InsertInvite(ctx, curfew.Invite{AccountID: id, ID: curfew.NewID(copyTime), Email: text, Role: curfew.RoleMember, CreatedAt: copyTime, ExpiresAt: copyTime}); err != nil {
				return err
			}
			if _, err := tx.RaiseUserEpoch(ctx, id, user.ID, authority.Raising{At: copyTime, Reason: curfew.ReasonOperator}); err != nil {
				return err
			}
			if err := tx.InsertReset(ctx, curfew.Reset{AccountID: id, UserID: user.ID, CreatedAt: copyTime, ExpiresAt: copyTime}); err != nil {
				return err
			}
			if _, err := tx.Throttle(ctx, [32]byte{byte(i)}); err != nil {
				return err
			}
			if _, err := tx.ClaimAccount(ctx, text, id); err != nil {
				return err
			}
			link := curfew.PortalLink{AccountID: id, ID: curfew.NewID(copyTime), UserID: user.ID, SecretHash: [32]byte{byte(i)}, CreatedAt: copyTime, ExpiresAt: copyTime, ReturnURL: text}
			if err := tx.InsertPortalLink(ctx, link); err != nil {
				return err
			}
			start := curfew.Repeatable{ID: [32]byte{byte(i)}, BodyHash: [32]byte{1}, AccountID: id, SessionID: user.ID, MadeAt: copyTime}
			if _, err := tx.ClaimRepeatable(ctx, start, copyTime); err != nil {
				return err
			}
		}
		for i, text := range hostile {
			key := curfew.ServiceKey{ID: curfew.NewID(copyTime), Name: text, Scopes: curfew.Scopes, SecretHash: [32]byte{byte(i)}, CreatedAt: copyTime}
			if err := tx.InsertServiceKey(ctx, key); err != nil {
				return err
			}
			key.PreviousHash, key.PreviousUntil, key.RotatedAt, key.ExpiresAt = key.SecretHash, copyTime, copyTime, copyTime
			if _, err := tx.RotateServiceKey(ctx, key); err != nil {
				return err
			}
			if i%2 == 0 {
				continue
			}
			if err := tx.TouchServiceKey(ctx, key.ID, copyTime, copyTime); err != nil {
				return err
			}
			if _, err := tx.RevokeServiceKey(ctx, key.ID, copyTime); err != nil {
				return err
			}
		}
		return tx.Heartbeat(ctx, curfew.NewID(copyTime), copyTime)
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.InLog(ctx, id, func(ctx context.Context, tx authority.Tx) error {
		if err := fillOutbox(ctx, tx, id); err != nil {
			return err
		}
		session := curfew.NewID(copyTime)
		receipt := curfew.Receipt{AccountID: id, ID: session, Scope: "all", AcknowledgedAt: copyTime, WorstCaseAt: copyTime, ExpiresAt: copyTime,
			Expected: []curfew.Verifier{{ID: session, Name: hostile[0], HeardAt: copyTime}}}
		if err := tx.InsertReceipt(ctx, receipt); err != nil {
			return err
		}
		ack := curfew.ReceiptAck{Receipt: curfew.ReceiptKey{AccountID: id, ID: session}, Verifier: session, Name: hostile[0], Mode: curfew.ModeStrict, NotedAt: copyTime}
		if err := tx.AcknowledgeReceipt(ctx, ack); err != nil {
			return err
		}
		if _, err := tx.SettleReceipt(ctx, id, session, copyTime, curfew.ReceiptOutcome{Everywhere: true}); err != nil {
			return err
		}
		return tx.Log(ctx, curfew.Revocation{AccountID: id, SessionID: session, At: copyTime}, curfew.Revocation{MintedBefore: copyTime},
			curfew.Revocation{AccountID: id, Epoch: 1, Receipt: session}, curfew.Revocation{AccountID: id, UserID: session, Epoch: 1, Except: []curfew.ID{session, id}})
	}); err != nil {
		t.Fatal(err)
	}
	cutOldest(t, db, id, 3)
	return id
}

// dump is all that a table holds, in the order of its key.
func dump(t *testing.T, db *DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range Tables {
		if table.Here {
			continue
		}
		rows, err := db.read.QueryContext(context.Background(), table.selectAll())
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(table.Columns)), make([]any, len(table.Columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			all[table.Name] = append(all[table.Name], fmt.Sprintf("%q", values))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sameRows compares what two databases hold.
func sameRows(t *testing.T, from, to *DB) {
	t.Helper()
	want, got := dump(t, from), dump(t, to)
	for _, table := range Tables {
		if len(want[table.Name]) != len(got[table.Name]) {
			t.Errorf("%s: %d rows, want %d", table.Name, len(got[table.Name]), len(want[table.Name]))
			continue
		}
		for i := range want[table.Name] {
			if want[table.Name][i] != got[table.Name][i] {
				t.Errorf("%s, row %d:\n%.300s\n%.300s", table.Name, i, got[table.Name][i], want[table.Name][i])
			}
		}
		if len(want[table.Name]) == 0 && !table.Here && table.Name != "signing_keys" {
			t.Errorf("the test has nothing in %s", table.Name)
		}
	}
}
