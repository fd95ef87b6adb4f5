package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
)

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
