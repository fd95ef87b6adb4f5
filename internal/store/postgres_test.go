package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-auth/curfew/internal/audit"
	"github.com/curfew-auth/curfew/internal/authority"
	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/pgserver/pgtest"
	"github.com/curfew-auth/curfew/internal/store/storetest"
	"github.com/curfew-auth/curfew/internal/token"
)

func TestMain(m *testing.M) {
	code := pgtest.With(m).Run()
	if durable.server != nil {
		_ = durable.server.Close() // what remains is in the folder of temporary files
	}
	os.Exit(code)
}

// postgresForTest opens a migrated store in a database of its own.
func postgresForTest(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
	t.Helper()
	return openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain, Wrap: wrap, MaxConns: 8})
}

// migratedDatabase is a database with the schema and nothing else.
func migratedDatabase(t *testing.T, chain *audit.Chain) string {
	t.Helper()
	return pgtest.Recycled(t, "migrated", func(url string) error {
		db, err := Open(context.Background(), Options{URL: url, Chain: chain})
		if err != nil {
			return err
		}
		return errors.Join(db.Migrate(context.Background()), db.Close())
	}, "TRUNCATE "+strings.Join(tables(), ", "))
}

// tables are all tables of ours.
func tables() (all []string) {
	for _, classified := range []map[string]string{tenantTables, otherTables} {
		for name := range classified {
			if name != "goose_db_version" {
				all = append(all, name)
			}
		}
	}
	return all
}

func TestPostgres(t *testing.T) { storetest.Run(t, postgresForTest) }

func TestPostgresEndsTogether(t *testing.T) { storetest.EndsTogether(t, postgresForTest) }

// TestLimitAcrossNodes: of two sign-ins at once on two nodes, one sees the other.
func TestLimitAcrossNodes(t *testing.T) {
	var url string
	storetest.LimitAcrossNodes(t, func(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
		t.Helper()
		url = migratedDatabase(t, chain)
		return openAt(t, Options{URL: url, Chain: chain, Wrap: wrap, MaxConns: 8})
	}, func(chain *audit.Chain) authority.Store {
		return openAt(t, Options{URL: url, Chain: chain, MaxConns: 8})
	})
}

// serializableDatabase is a database whose operator has made transactions
// serializable by default.
func serializableDatabase(t *testing.T, chain *audit.Chain) string {
	t.Helper()
	return migratedDatabase(t, chain) + "&default_transaction_isolation=serializable"
}

// TestPostgresSerializable runs there what many do at once. The rest of the
// suite would tell nothing more: TestIsolationIsOurs.
func TestPostgresSerializable(t *testing.T) {
	storetest.Run(t, func(t *testing.T, chain *audit.Chain, wrap func(driver.Connector) driver.Connector) authority.Store {
		t.Helper()
		return openAt(t, Options{URL: serializableDatabase(t, chain), Chain: chain, Wrap: wrap, MaxConns: 8})
	}, "Races", "Limits", "Crossing", "Batches", "Together")
}

// TestIsolationIsOurs: every transaction says how it is isolated, whatever the
// server's default.
func TestIsolationIsOurs(t *testing.T) {
	chain := testChain(t)
	for _, apart := range []bool{false, true} {
		db := openAt(t, Options{URL: serializableDatabase(t, chain), Chain: chain, MaxConns: 8, NoBatch: apart})
		want := func(tx *sql.Tx, want string) error {
			var level string
			err := tx.QueryRowContext(t.Context(), `SELECT current_setting('transaction_isolation')`).Scan(&level)
			if level != want {
				t.Errorf("accounts apart %v: %q, want %q", apart, level, want)
			}
			return err
		}
		db.dialect.rotate = func(_ context.Context, _ *DB, tx *sql.Tx, _ []*rotateCall) error { return want(tx, "read committed") }
		err := errors.Join(db.rotateTogether(nil),
			db.InTx(t.Context(), curfew.ZeroID, func(_ context.Context, tx authority.Tx) error { return want(tx.(conn).tx, "read committed") }),
			db.View(t.Context(), func(_ context.Context, r authority.Reader) error { return want(r.(conn).tx, "repeatable read") }))
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestStatementsPrepareOnPostgres(t *testing.T) {
	chain := testChain(t)
	db := openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain})
	if len(db.writes) != len(register)+1 || len(db.reads) != len(register)+1 || len(db.batches) != len(postgresDialect.batched) {
		t.Errorf("%d, %d and %d statements are prepared", len(db.writes), len(db.reads), len(db.batches))
	}
	for pool := range db.pools() {
		var jit string
		if err := pool.QueryRowContext(context.Background(), "SHOW jit").Scan(&jit); err != nil || jit != "off" {
			t.Errorf("statements are compiled: %s, %v", jit, err)
		}
	}
}

// TestRefreshStaysInItsPage: the new version of a row that a refresh changes
// lies beside the old one, and no index is touched, but for the first in an hour.
func TestRefreshStaysInItsPage(t *testing.T) {
	db := openAt(t, Options{URL: pgtest.Database(t), Chain: testChain(t)}) // whose statistics are new
	refreshes := seed(t, db, 200)
	hour := time.Now().UTC().Truncate(time.Hour).Add(time.Hour)
	refreshAt(t, db, refreshes, hour.Add(10*time.Minute), false)
	const rounds = 5
	for round := range rounds {
		refreshAt(t, db, refreshes, hour.Add(time.Duration(round+3)*5*time.Minute), false)
	}
	var all, hot int64
	const want = int64(rounds + 1)
	// What a backend counted is told when it has been idle for a moment, or ends.
	db.batch.SetMaxIdleConns(0)
	for deadline := time.Now().Add(20 * time.Second); all < want*int64(len(refreshes)) && time.Now().Before(deadline); {
		if err := db.read.QueryRowContext(t.Context(), `SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'`).Scan(&all, &hot); err != nil {
			t.Fatal(err)
		}
	}
	// All but the first in the hour could stay, and none of those.
	if could := rounds * int64(len(refreshes)); all != want*int64(len(refreshes)) || hot < could*9/10 || hot > could {
		t.Errorf("%d of %d updates stayed in their page", hot, all)
	}
}

// TestBatchesSearchByKey keeps scans out of the batches, and out of what ends sessions,
// as soon as there is something to scan. For tables of which the server knows that they
// are empty it may plan to read them whole; it plans anew when it has looked at them
// again, which it does after some fifty changes.
func TestBatchesSearchByKey(t *testing.T) {
	chain := testChain(t)
	db := openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain})
	for i := range 10 {
		seedAccount(t, db, 2, fmt.Sprintf("ada@acme%d.example", i))
	}
	if _, err := db.write.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	for q, indexes := range map[*query]string{rotateAll: "sessions_pkey", selectStandings: "sessions_pkey", selectStarts: "users_by_external_id idempotency_keys_pkey",
		insertSessions: "users_pkey", stampLogins: "users_pkey"} {
		parameters := strings.Count(q.text, "CAST($")
		if q == selectStandings {
			parameters++
		}
		text := genericPlan(t, db.batch, q, parameters)
		for index := range strings.FieldsSeq(indexes) {
			if !regexp.MustCompile("Index Scan (using|on) "+index).MatchString(text) || regexp.MustCompile("Seq Scan|Hash Join|Merge Join|Join Filter").MatchString(text) {
				t.Errorf("the plan is\n%s", text)
			}
		}
	}
	if text := genericPlan(t, db.log, countBelowAccount, 3); strings.Contains(text, "Seq Scan") {
		t.Errorf("everybody's rows are read to count those of one account:\n%s", text)
	}
}

// genericPlan is how a pool's connections run a statement with so many parameters.
func genericPlan(t *testing.T, pool *sql.DB, q *query, parameters int) string {
	t.Helper()
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.ExecContext(t.Context(), "PREPARE planned AS "+q.text); err != nil {
		t.Fatal(err)
	}
	rows, err := c.QueryContext(t.Context(), "EXPLAIN EXECUTE planned ("+strings.Join(slices.Repeat([]string{"NULL"}, parameters), ", ")+")")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		text.WriteString(line + "\n")
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "DEALLOCATE planned"); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestHeldRowsHoldUpTheirAccountAlone: somebody holds rows of one account for
// long, as a policy does that is applied to very many sessions.
func TestHeldRowsHoldUpTheirAccountAlone(t *testing.T) {
	chain := testChain(t)
	db := openAt(t, Options{URL: migratedDatabase(t, chain), Chain: chain})
	ctx := context.Background()
	held, free := seed(t, db, 8), seedAccount(t, db, 1, "bob@other.example")
	lock, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback()
	if _, err := lock.ExecContext(ctx, `UPDATE sessions SET ip = ip WHERE account_id = $1`, held[0].AccountID[:]); err != nil {
		t.Fatal(err)
	}
	rotate := func(r token.Refresh) error {
		now := time.Now().UTC()
		_, err := db.Rotate(ctx, authority.Rotation{AccountID: r.AccountID, SessionID: r.SessionID, Generation: r.Generation,
			SecretHash: r.SecretHash(), Now: now, ActiveAt: now, Nonce: make([]byte, 16)})
		return err
	}
	errs := make(chan error, len(held))
	for _, r := range held {
		go func() { errs <- rotate(r) }()
	}
	// The lock is given back only after this: were they all held up, it would
	// never be answered.
	if err := rotate(free[0]); err != nil {
		t.Errorf("the other account: %v", err)
	}
	for range held {
		if err := <-errs; curfew.KindOf(err) != curfew.KindUnavailable || !db.dialect.blocked(err) {
			t.Errorf("the account whose rows are held: %v", err)
		}
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := rotate(held[0]); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestJudgeVersion(t *testing.T) {
	for number, want := range map[int]string{
		90624: "9.624", 140011: "the database is PostgreSQL 14.11: version 15 or newer is needed", 150000: "", 150018: "", 180001: "",
	} {
		err := judgeVersion(number)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v", number, err)
		}
	}
}
