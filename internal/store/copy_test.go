package store

import (
	"context"
	"database/sql"
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

func TestCopy(t *testing.T) {
	bothWays(t, func(t *testing.T, from, to *DB) {
		ctx := context.Background()
		id := fill(t, from, copyTold+7)
		last := map[string]Progress{}
		copied, err := Copy(ctx, from, to, copyTime, func(p Progress) {
			if p.Done > p.Rows {
				t.Errorf("%+v", p)
			}
			last[fmt.Sprint(p.Table, p.Verifying)] = p
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range copied {
			for _, verifying := range []bool{false, true} {
				if p := last[fmt.Sprint(c.Table, verifying)]; p.Done != c.Rows || p.Rows != c.Rows {
					t.Errorf("%d rows of %s, and the last progress is %+v", c.Rows, c.Table, p)
				}
			}
		}
		sameRows(t, from, to)
		for _, account := range []curfew.ID{id, curfew.ZeroID} {
			if report, err := authority.VerifyAudit(ctx, to, testChain(t), account); err != nil || !report.OK() {
				t.Errorf("the chain: %+v, %v", report, err)
			}
		}

		// Nobody has used it, so it may be made again.
		if err := from.InTx(ctx, id, func(ctx context.Context, tx authority.Tx) error {
			return tx.RenameAccount(ctx, id, "Renamed")
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := Copy(ctx, from, to, copyTime.Add(time.Second), silent); err != nil {
			t.Fatal(err)
		}
		sameRows(t, from, to)

		// Once used it is an installation of its own.
		if err := to.UseCopy(ctx); err != nil {
			t.Fatal(err)
		}
		before := dump(t, to)
		if _, err := Copy(ctx, from, to, copyTime.Add(2*time.Second), silent); !errors.Is(err, ErrInUse) {
			t.Errorf("over an installation: %v", err)
		}
		if fmt.Sprint(before) != fmt.Sprint(dump(t, to)) {
			t.Error("and it was changed")
		}
		if err := to.UseCopy(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestCopyIntoWhatIsNotEmpty(t *testing.T) {
	bothWays(t, func(t *testing.T, from, to *DB) {
		ctx := context.Background()
		fill(t, from, 1)
		if _, err := to.write.ExecContext(ctx, `INSERT INTO signing_keys (kid, alg, public_key, sealed, created_at, active_at) VALUES ('a', 'b', $1, $1, 0, 0)`, []byte{1}); err != nil {
			t.Fatal(err)
		}
		if _, err := Copy(ctx, from, to, copyTime, silent); !errors.Is(err, ErrInUse) {
			t.Errorf("got %v", err)
		}
		if err := to.UseCopy(ctx); err != nil { // and no mark was left
			t.Error(err)
		}
	})
}

// A copy of another installation is not replaced either.
func TestCopyIntoACopyOfAnother(t *testing.T) {
	ctx := context.Background()
	from, other, to := openEmpty(t), openEmpty(t), openEmpty(t)
	fill(t, from, 1)
	fill(t, other, 1)
	if _, err := Copy(ctx, other, to, copyTime, silent); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(ctx, from, to, copyTime, silent); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v", err)
	}
	sameRows(t, other, to)
}

// A copy that ends early, wherever, leaves a target that is not used, and can
// be made again.
func TestCopyEndsEarly(t *testing.T) {
	intoBoth(t, func(t *testing.T, from, to *DB) {
		fill(t, from, copyTold+1)
		for i, at := range []Progress{{Table: "users"}, {Table: "sessions"}, {Table: "audit_events"}, {Table: "sessions", Verifying: true}} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := Copy(ctx, from, to, copyTime.Add(time.Duration(i)), func(p Progress) {
				if p.Table == at.Table && p.Verifying == at.Verifying {
					cancel()
				}
			})
			cancel()
			if err == nil {
				t.Fatalf("%+v: it ended well", at)
			}
			if err := to.UseCopy(context.Background()); !errors.Is(err, ErrUnfinishedCopy) {
				t.Errorf("%+v: %v", at, err)
			}
			if _, err := Copy(context.Background(), to, openEmpty(t), copyTime, silent); !errors.Is(err, ErrUnfinishedCopy) {
				t.Errorf("copied an unfinished copy: %v", err)
			}
		}
		if _, err := Copy(context.Background(), from, to, copyTime.Add(time.Minute), silent); err != nil {
			t.Fatal(err)
		}
		sameRows(t, from, to)
	})
}

// Of two copies into one target the later one goes on.
func TestTwoCopiesAtOnce(t *testing.T) {
	bothWays(t, func(t *testing.T, from, to *DB) {
		ctx := context.Background()
		fill(t, from, 10)
		second := make(chan error, 1)
		_, err := Copy(ctx, from, to, copyTime, func(p Progress) {
			if p.Table == "signing_keys" && !p.Verifying { // the second waits for what the first holds
				go func() {
					_, err := Copy(ctx, from, to, copyTime.Add(time.Second), silent)
					second <- err
				}()
			}
		})
		// The first may have been done before the second began.
		if err != nil && !errors.Is(err, ErrAnotherCopy) && !strings.Contains(err.Error(), "the copy is not like the source") {
			t.Errorf("the first says %v", err)
		}
		if err := <-second; err != nil {
			t.Errorf("the second says %v", err)
		}
		sameRows(t, from, to)
		began := &copying{to: to, began: copyTime.UnixMicro()}
		if err := began.write(ctx, func(tx *sql.Tx) error { return began.hold(ctx, tx) }); !errors.Is(err, ErrAnotherCopy) {
			t.Errorf("the first may still write: %v", err)
		}
	})
}

// What is changed on the way shows at the end.
func TestCopyIsVerified(t *testing.T) {
	bothWays(t, func(t *testing.T, from, to *DB) {
		ctx := context.Background()
		fill(t, from, 10)
		for i, deed := range []string{
			`UPDATE sessions SET generation = generation + 1 WHERE generation = 1`,
			`DELETE FROM throttles WHERE tat = 0`,
			`UPDATE users SET name = 'x' WHERE name = ''`,
			`UPDATE users SET last_login_at = 0 WHERE name = ''`,
			`UPDATE accounts SET audit_anchor_mac = NULL WHERE audit_anchor_seq > 0`,
		} {
			if _, err := Copy(ctx, from, to, copyTime.Add(time.Duration(i)*time.Second), silent); err != nil {
				t.Fatal(err)
			}
			source, err := from.read.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			c, sums := &copying{to: to, progress: silent}, map[string]digest{}
			for _, table := range Tables {
				if sums[table.Name], err = c.digestOf(ctx, source, table, 0); err != nil {
					t.Fatal(err)
				}
			}
			if err := source.Rollback(); err != nil {
				t.Fatal(err)
			}
			if err := c.verify(ctx, sums); err != nil {
				t.Fatal(err)
			}
			if _, err := to.write.ExecContext(ctx, deed); err != nil {
				t.Fatal(err)
			}
			if err := c.verify(ctx, sums); err == nil || !strings.Contains(err.Error(), "the copy is not like the source") {
				t.Errorf("%s: %v", deed, err)
			}
		}
	})
}

// Text that one engine takes and the other does not stops the copy, with the
// row's key.
func TestCopyOfTextThatCannotBe(t *testing.T) {
	ctx := context.Background()
	for _, text := range []string{"a\x00b", "a\xffb"} {
		from, to := openEmpty(t), engines["PostgreSQL"](t)
		fill(t, from, 1)
		if _, err := from.write.ExecContext(ctx, `UPDATE users SET name = $1 WHERE name = 'NULL'`, text); err != nil {
			t.Fatal(err)
		}
		_, err := Copy(ctx, from, to, copyTime, silent)
		if err == nil || !strings.Contains(err.Error(), "cannot copy the table users") || !strings.Contains(err.Error(), "text in name that PostgreSQL cannot hold") ||
			!strings.Contains(err.Error(), "the row account_id ") {
			t.Errorf("%q: %v", text, err)
		}
	}
	// SQLite keeps in a column whatever it is given.
	from, to := openEmpty(t), openEmpty(t)
	fill(t, from, 1)
	if _, err := from.write.ExecContext(ctx, `UPDATE users SET name = x'00' WHERE name = 'NULL'`); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(ctx, from, to, copyTime, silent); err == nil || !strings.Contains(err.Error(), "has something else than text in name") {
		t.Errorf("got %v", err)
	}
}

func TestLastSign(t *testing.T) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			db, ctx := open(t), context.Background()
			want := func(at time.Time) {
				t.Helper()
				if got, err := db.LastSign(ctx); err != nil || !got.Equal(at) {
					t.Errorf("got %v, %v, want %v", got, err, at)
				}
			}
			want(time.Time{})
			a, b := curfew.NewID(copyTime), curfew.NewID(copyTime)
			for _, do := range []func(tx authority.Tx) error{
				func(tx authority.Tx) error { return tx.Heartbeat(ctx, a, copyTime) },
				func(tx authority.Tx) error { return tx.Heartbeat(ctx, b, copyTime.Add(time.Second)) },
			} {
				if err := db.InTx(ctx, curfew.ZeroID, func(_ context.Context, tx authority.Tx) error { return do(tx) }); err != nil {
					t.Fatal(err)
				}
			}
			want(copyTime.Add(time.Second))
			if err := db.InTx(ctx, curfew.ZeroID, func(ctx context.Context, tx authority.Tx) error {
				return tx.Farewell(ctx, b, copyTime.Add(2*time.Second))
			}); err != nil {
				t.Fatal(err)
			}
			want(copyTime)
			// The clock of the next node starts after all of it.
			if err := db.View(ctx, func(ctx context.Context, r authority.Reader) error {
				newest, err := r.NewestHeartbeat(ctx)
				if !newest.Equal(copyTime.Add(2 * time.Second)) {
					t.Errorf("the newest heartbeat is %v", newest)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
